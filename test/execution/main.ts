import { parseArgs } from 'node:util'
import { compareExecutions } from './compare-executions.ts'
import { buildGeneratedSchema } from './generated-schema.ts'

/*
 * Compares the execution of generated operations, and prints the result as JSON. It runs in its own process, because
 * graphql-js leaves rejections unhandled if an item of a list fails while others are in progress.
 */
const { values } = parseArgs({ options: { seed: { type: 'string' }, count: { type: 'string' } } })
process.on('unhandledRejection', () => undefined)
const comparison = await compareExecutions(buildGeneratedSchema(), Number(values.seed), Number(values.count))
process.stdout.write(JSON.stringify(comparison))
