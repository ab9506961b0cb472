import { execFile } from 'node:child_process'
import { resolve } from 'node:path'
import { promisify } from 'node:util'
import type { Figure } from './figure.ts'

const operations = 100_000

/** Compares how plans and graphql-js execute generated queries. */
export async function measureExecution(): Promise<readonly Figure[]> {
  const seed = String(Date.now() % 1_000_000)
  const script = resolve(import.meta.dirname, '../execution/main.ts')
  const { stdout } = await promisify(execFile)(
    process.execPath,
    [script, '--seed', seed, '--count', String(operations)],
    { maxBuffer: 2 ** 28 },
  )
  const comparison = JSON.parse(stdout)
  return [
    { name: 'seed of the generated operations', value: seed },
    { name: 'operations', value: String(comparison.operations) },
    { name: 'executions, each by plan and by graphql-js', value: String(comparison.executions) },
    {
      name: 'differences',
      value: String(comparison.differences.length),
      goal: '0',
      met: comparison.differences.length === 0,
    },
  ]
}
