import { measureDocuments } from './documents.ts'
import { measureExecution } from './execution.ts'
import type { Figure } from './figure.ts'
import { measureFloods } from './floods.ts'
import { measureGuesses } from './guesses.ts'

/*
 * The abuse report: the load that anonymous clients can cause. `npm run test:abuse` runs everything, `npm run
 * test:abuse -- documents` one part. It only sends requests to this machine, and ends by itself. The exit code is 1 if
 * a goal is missed.
 */

const parts: Readonly<Record<string, () => Promise<readonly Figure[]>>> = {
  documents: measureDocuments,
  execution: measureExecution,
  floods: measureFloods,
  guesses: measureGuesses,
}

const named = process.argv.slice(2)
const unknown = named.filter((name) => !(name in parts))
if (unknown.length > 0) {
  process.stderr.write(`There is no part ${unknown.join(', ')}. There are: ${Object.keys(parts).join(', ')}.\n`)
  process.exit(1)
}
for (const [name, measure] of Object.entries(parts)) {
  if (named.length > 0 && !named.includes(name)) continue
  process.stdout.write(`\n${name}\n`)
  for (const { name: what, value, goal, met } of await measure()) {
    const verdict = goal === undefined ? '' : ` (goal ${goal}: ${met ? 'met' : 'missed'})`
    process.stdout.write(`  ${what}: ${value}${verdict}\n`)
    if (met === false) process.exitCode = 1
  }
}
