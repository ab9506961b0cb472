import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { Client } from 'pg'
import { from } from 'pg-copy-streams'

/**
 * Columns of one row, in the order of the table's columns. Values other than texts are in PostgreSQL's input format.
 */
export type Row = ReadonlyArray<string | number | boolean | Date | Buffer | readonly string[] | null>

const linesPerChunk = 500

/**
 * Writes rows with COPY, which is many times as fast as INSERT. Texts may not contain tabs, line breaks or backslashes.
 */
export async function copyRows(client: Client, table: string, columns: string, rows: Iterable<Row>): Promise<void> {
  await pipeline(Readable.from(chunks(rows)), client.query(from(`copy ${table} (${columns}) from stdin`)))
}

function* chunks(rows: Iterable<Row>): Generator<string> {
  let lines: string[] = []
  for (const row of rows) {
    lines.push(`${row.map(written).join('\t')}\n`)
    if (lines.length === linesPerChunk) {
      yield lines.join('')
      lines = []
    }
  }
  yield lines.join('')
}

function written(value: Row[number]): string {
  if (value === null) return '\\N'
  if (value instanceof Date) return value.toISOString()
  if (Buffer.isBuffer(value)) return `\\\\x${value.toString('hex')}`
  return Array.isArray(value) ? `{${value.join(',')}}` : String(value)
}
