import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import type { MatrixCallerKind } from './matrix-callers.ts'
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

/** One caller of each kind for whom guards and verbs differ. */
const callers = [
  'anonymous',
  'stranger',
  'member',
  'editor',
  'ownerElsewhere',
  'administrator',
  'exMember',
  'groupMember',
  'token',
  'tokenElsewhere',
  'ownerReadToken',
  'repositoryReadToken',
  'memberEditToken',
  'inviteEditToken',
  'groupEditToken',
  'tokenRotateSelfToken',
] as const satisfies readonly MatrixCallerKind[]

// What these deny depends on the installation, the provider and the repository, and guards allow everybody.
const knownToVerbs = /^Mutation\.(signUp|startSsoSignIn|setGroupRepositoryAccess) /
const denials = ['sign in', 'forbidden', 'not found']
let world: World

beforeAll(async () => {
  world = await arrangeWorld()
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
      const title = `${field} ${on} as ${kind}: ${outcome}`
      // Without its guard, a verb may hide from a token what the guard would forbid it.
      const isDenied = part === 'guards' ? denials.includes(outcome) : outcome === expected || knownToVerbs.test(title)
      if (!isDenied) wrong[part].push(title)
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
    expect(tried).toBeGreaterThan(200)
  })
})
