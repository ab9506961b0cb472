import type { WireAnswer } from '../harness/client.ts'
import { countWrites } from './database-writes.ts'
import { type MatrixCallerKind, matrixCallerKinds, unusableTokens } from './matrix-callers.ts'
import type { Attempt, MatrixCase, World } from './matrix-world.ts'
import type { Outcome } from './outcome.ts'

/** What happened when one caller tried one row. */
export interface Trial {
  readonly expected: Outcome
  readonly outcome: string
  readonly hasChanged: boolean
  /** What the caller was answered, and for a thing that does not exist; null where they may know of it. */
  readonly hidden: { readonly answer: string; readonly answerForMissing: string } | null
}

export interface TriedCase extends MatrixCase {
  readonly title: string
  readonly trials: Map<MatrixCallerKind, Trial>
}

/** Tries each row as each caller: queries as all at once, mutations as one after the other. */
export async function tryRows(world: World, rows: readonly TriedCase[]): Promise<void> {
  const writes = await countWrites(world.postern)
  for (const row of rows)
    if (row.field.startsWith('Mutation.')) await tryMutation(world, row, writes)
    else await tryQuery(world, row, writes)
}

type Writes = () => Promise<number>
type Headers = Record<string, string>

let networks = 0

/**
 * Tokens that have ended come from another network each time, so that they are rejected, and not denied for the times before.
 * All others stay where they are: a new network would be news of them.
 */
function from(kind: MatrixCallerKind): Headers {
  if (!(kind in unusableTokens)) return {}
  networks++
  return { 'x-forwarded-for': `198.18.${networks >> 8}.${networks & 255}` }
}

async function tryMutation(world: World, { prepare, trials }: TriedCase, writes: Writes): Promise<void> {
  for (const kind of matrixCallerKinds) {
    const attempt = await prepare(world, kind)
    if (attempt === null) continue
    const before = await writes()
    const answer = await attempt.client.send(attempt.request, from(kind))
    const hasChanged = (await writes()) !== before
    if (hasChanged) attempt.spend()
    await attempt.cleanUp()
    trials.set(kind, await judge(attempt, answer, hasChanged, from(kind)))
  }
}

async function tryQuery(world: World, { prepare, trials }: TriedCase, writes: Writes): Promise<void> {
  const attempts = new Map<MatrixCallerKind, Attempt>()
  for (const kind of matrixCallerKinds) {
    const attempt = await prepare(world, kind)
    if (attempt !== null) attempts.set(kind, attempt)
  }
  const before = await writes()
  const answers = await Promise.all(
    [...attempts].map(async ([kind, attempt]) => ({
      kind,
      attempt,
      answer: await attempt.client.send(attempt.request, from(kind)),
    })),
  )
  // Where anything was written, all of them are suspects.
  const hasChanged = (await writes()) !== before
  for (const { cleanUp } of attempts.values()) await cleanUp()
  const judged = await Promise.all(
    answers.map(({ kind, attempt, answer }) => judge(attempt, answer, hasChanged, from(kind))),
  )
  for (const [index, { kind }] of answers.entries()) {
    const trial = judged[index]
    if (trial) trials.set(kind, trial)
  }
}

async function judge(attempt: Attempt, answer: WireAnswer, hasChanged: boolean, headers: Headers): Promise<Trial> {
  const { client, expected, outcomeOf, hidden } = attempt
  const trial = { expected, outcome: outcomeOf(answer), hasChanged }
  if (hidden === null) return { ...trial, hidden: null }
  const { request, reference, missing } = hidden
  const answerForMissing = onTheWire(await client.send(request, headers), missing)
  return { ...trial, hidden: { answer: onTheWire(answer, reference), answerForMissing } }
}

/** All of an answer that its thing could show in, with the thing's own name, which the caller gave, taken out. */
function onTheWire({ status, headers, body }: WireAnswer, name: string): string {
  const length = headers.get('content-length')
  const type = headers.get('content-type')
  const text = JSON.stringify(body)
  return `${status} ${type} ${length} ${name === '' ? text : text.replaceAll(name, '<name>')}`
}
