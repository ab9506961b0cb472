import { Readable } from 'node:stream'
import { stringify } from 'csv-stringify/sync'
import type { FastifyReply } from 'fastify'

/** Pages of rows, so that memory never contains all rows. If the client stops reading, a generator's `finally` runs. */
export type RowPages<Row> = AsyncIterable<readonly Row[]>

/** After this time, the connection of an export is destroyed: a client could read so slowly that it never ends. */
const exportTimeoutMs = 10 * 60_000

/** The value of a cell of a CSV file. Null is an empty cell. */
export type Cell = string | number | null

/**
 * Sends a CSV file (RFC 4180): a header row, then the rows, which are read no faster than the client reads. A text that
 * a spreadsheet would interpret as a formula gets an apostrophe in front. An error on the way closes the connection, so
 * that clients notice that the file is incomplete. With `bom`, the file starts with a byte order mark, which Excel
 * needs to detect UTF-8. Other programs would read it as a part of the first column's name.
 */
export function sendCsv<Column extends string>(
  reply: FastifyReply,
  fileName: string,
  columns: readonly Column[],
  pages: RowPages<Readonly<Record<Column, Cell>>>,
  { bom }: { readonly bom: boolean } = { bom: false },
): FastifyReply {
  const header = `${bom ? '\uFEFF' : ''}${columns.join(',')}\r\n`
  return sendPages(reply, fileName, 'text/csv; charset=utf-8; header=present', header, pages, (page) =>
    stringify([...page], {
      columns: [...columns],
      record_delimiter: 'windows',
      quote_record_delimiter: true,
      escape_formulas: true,
      cast: { string: withoutLeadingLineFeed },
    }),
  )
}

/** Sends one JSON object per line, in the same way as `sendCsv`. */
export function sendJsonLines(reply: FastifyReply, fileName: string, pages: RowPages<object>): FastifyReply {
  return sendPages(reply, fileName, 'application/jsonl', '', pages, (page) =>
    page.map((row) => `${JSON.stringify(row)}\n`).join(''),
  )
}

// The only start of a formula in OWASP's list that the library does not escape.
function withoutLeadingLineFeed(text: string): string {
  return text.startsWith('\n') ? `'${text}` : text
}

function sendPages<Row>(
  reply: FastifyReply,
  fileName: string,
  contentType: string,
  header: string,
  pages: RowPages<Row>,
  write: (page: readonly Row[]) => string,
): FastifyReply {
  return reply
    .type(contentType)
    .header('content-disposition', `attachment; filename="${fileName}"`)
    .header('cache-control', 'no-store')
    .send(Readable.from(written(header, pages, write), { signal: AbortSignal.timeout(exportTimeoutMs) }))
}

async function* written<Row>(header: string, pages: RowPages<Row>, write: (page: readonly Row[]) => string) {
  // The header is sent with the first page, so that an error before it can still be a response with a status.
  let before = header
  for await (const page of pages) {
    const text = before + write(page)
    before = ''
    if (text !== '') yield text
  }
  if (before !== '') yield before
}
