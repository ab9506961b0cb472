import { parseArgs } from 'node:util'
import { compareExecutions } from './compare-executions.ts'
import { buildGeneratedSchema } from './generated-schema.ts'

/*
 * Compares the execution of generated operations, and prints how it went as JSON. A process of its own, because graphql-js
 * leaves rejections unhandled where an item of a list fails while others are under way.
 */
const { values } = parseArgs({ options: { seed: { type: 'string' }, count: { type: 'string' } } })
process.on('unhandledRejection', () => undefined)
const comparison = await compareExecutions(buildGeneratedSchema(), Number(values.seed), Number(values.count))
process.stdout.write(JSON.stringify(comparison))
