import type { WireResponse } from '../harness/client.ts'
import { countWrites } from './database-writes.ts'
import { type MatrixCallerKind, matrixCallerKinds, unusableTokens } from './matrix-callers.ts'
import type { Attempt, MatrixCase, World } from './matrix-world.ts'
import type { Outcome } from './outcome.ts'

/** The result of one row for one caller. */
export interface Trial {
  readonly expected: Outcome
  readonly outcome: string
  readonly hasChanged: boolean
  /** The outcome for the caller, and for a missing resource; null if they can see the resource. */
  readonly hidden: { readonly response: string; readonly responseForMissing: string } | null
}

export interface TriedCase extends MatrixCase {
  readonly title: string
  readonly trials: Map<MatrixCallerKind, Trial>
}

/** Tries each row as each caller: queries as all callers at once, mutations one caller after the other. */
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
 * Expired tokens use another network each time, so that they are rejected, not denied because of earlier attempts. All
 * others keep their network, because a new one would be an event.
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
    const response = await attempt.client.send(attempt.request, from(kind))
    const hasChanged = (await writes()) !== before
    if (hasChanged) attempt.spend()
    await attempt.cleanUp()
    trials.set(kind, await judge(attempt, response, hasChanged, from(kind)))
  }
}

async function tryQuery(world: World, { prepare, trials }: TriedCase, writes: Writes): Promise<void> {
  const attempts = new Map<MatrixCallerKind, Attempt>()
  for (const kind of matrixCallerKinds) {
    const attempt = await prepare(world, kind)
    if (attempt !== null) attempts.set(kind, attempt)
  }
  const before = await writes()
  const responses = await Promise.all(
    [...attempts].map(async ([kind, attempt]) => ({
      kind,
      attempt,
      response: await attempt.client.send(attempt.request, from(kind)),
    })),
  )
  // After a write, every caller of the query may have caused it.
  const hasChanged = (await writes()) !== before
  for (const { cleanUp } of attempts.values()) await cleanUp()
  const judged = await Promise.all(
    responses.map(({ kind, attempt, response }) => judge(attempt, response, hasChanged, from(kind))),
  )
  for (const [index, { kind }] of responses.entries()) {
    const trial = judged[index]
    if (trial) trials.set(kind, trial)
  }
}

async function judge(attempt: Attempt, response: WireResponse, hasChanged: boolean, headers: Headers): Promise<Trial> {
  const { client, expected, outcomeOf, hidden } = attempt
  const trial = { expected, outcome: outcomeOf(response), hasChanged }
  if (hidden === null) return { ...trial, hidden: null }
  const { request, reference, missing } = hidden
  const responseForMissing = onTheWire(await client.send(request, headers), missing)
  return { ...trial, hidden: { response: onTheWire(response, reference), responseForMissing } }
}

/** The parts of a response that could reveal the resource, without the name that the caller sent. */
function onTheWire({ status, headers, body }: WireResponse, name: string): string {
  const length = headers.get('content-length')
  const type = headers.get('content-type')
  const text = JSON.stringify(body)
  return `${status} ${type} ${length} ${name === '' ? text : text.replaceAll(name, '<name>')}`
}
