import { Readable } from 'node:stream'
import { stringify } from 'csv-stringify/sync'
import type { FastifyReply } from 'fastify'

/** Rows a page at a time, so that the whole is nowhere. Whoever stops reading ends it: a generator's `finally` runs then. */
export type RowPages<Row> = AsyncIterable<readonly Row[]>

/** After this time, the connection of an export is destroyed: a client could read so slowly that it never ends. */
const exportTimeoutMs = 10 * 60_000

/** What a cell of a CSV file can hold; null is an empty cell. */
export type Cell = string | number | null

/**
 * Answers with a CSV file (RFC 4180): a header row, then the rows, asked for no faster than the client takes them. A text that
 * a spreadsheet would take for a formula gets an apostrophe before it. A fault on the way breaks the connection off, so that
 * nobody takes a part for the whole. With `bom`, the file begins with a byte order mark: Excel takes one without for text in the
 * code page of the computer. Programs take it for a part of the first column's name, so they get none.
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

/** Answers with a JSON object a line, in the way of `sendCsv`. */
export function sendJsonLines(reply: FastifyReply, fileName: string, pages: RowPages<object>): FastifyReply {
  return sendPages(reply, fileName, 'application/jsonl', '', pages, (page) =>
    page.map((row) => `${JSON.stringify(row)}\n`).join(''),
  )
}

// The one beginning of a formula in OWASP's list that the library leaves as it is.
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
  // The header waits for the first page: what fails before it is still answered as an error.
  let before = header
  for await (const page of pages) {
    const text = before + write(page)
    before = ''
    if (text !== '') yield text
  }
  if (before !== '') yield before
}
