import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { type MatrixCallerKind, matrixCallerKinds, unusableTokens } from './matrix-callers.ts'
import { matrixCases } from './matrix-cases.ts'
import { arrangeWorld, type MatrixCase, type World } from './matrix-world.ts'

// Guards and verbs share their rules, so what is switched off is the guards, or the verbs as a whole.
const off = vi.hoisted(() => ({ guards: false, verbs: false }))

vi.mock('../../src/graphql/shield.ts', async (load) => {
  const shield = await load<typeof import('../../src/graphql/shield.ts')>()
  const rule: typeof shield.rule = (options) => {
    const create = shield.rule(options)
    return (check) => create((...args) => off.guards || check(...args))
  }
  return { ...shield, rule }
})
vi.mock('../../src/graphql/user-error.ts', async (load) => {
  const original = await load<typeof import('../../src/graphql/user-error.ts')>()
  const toPayload: typeof original.toPayload = (context, outcome) =>
    off.verbs ? (Promise.resolve({ userErrors: [] }) as never) : original.toPayload(context, outcome)
  return { ...original, toPayload }
})

/** Outcomes that differ from the policy while the guards or the verbs are off. */
const wrong = { guards: [] as string[], verbs: [] as string[] }
let tried = 0
let world: World

beforeAll(async () => {
  world = await arrangeWorld()
  const callers = matrixCallerKinds.filter((kind) => !(kind in unusableTokens))
  for (const mutation of matrixCases.filter(({ field }) => field.startsWith('Mutation.')))
    for (const kind of callers) await tryMutation(mutation, kind)
}, 600_000)
afterAll(() => world?.stop())

/** Sends a mutation as a caller who must not do it, once without guards and once without verbs. */
async function tryMutation({ field, on, prepare }: MatrixCase, kind: MatrixCallerKind): Promise<void> {
  const attempt = await prepare(world, kind)
  if (attempt === null) return
  const { client, request, expected, outcomeOf } = attempt
  if (expected !== 'yes') {
    tried += 1
    for (const part of ['guards', 'verbs'] as const) {
      off[part] = true
      const outcome = outcomeOf(await client.send(request))
      off[part] = false
      if (outcome !== expected) wrong[part].push(`${field} ${on} as ${kind}: ${outcome}, not ${expected}`)
    }
  }
  await attempt.cleanUp()
}

describe('a mutation that the caller must not do', () => {
  it('is denied by the guard alone, if verbs did whatever they are asked', () => {
    expect(wrong.verbs).toEqual([])
  })

  it('is denied by the verb alone, if guards allowed everything', () => {
    expect(wrong.guards).toEqual([])
    expect(tried).toBeGreaterThan(400)
  })
})
