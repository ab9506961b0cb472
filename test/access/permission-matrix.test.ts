import { isObjectType } from 'graphql'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ViewerDocument } from '../../schema/typed-documents.ts'
import type { Principal } from '../../src/domain/access/principal.ts'
import { permissions } from '../../src/graphql/permissions.ts'
import { buildSchema } from '../../src/graphql/schema.ts'
import { allow } from '../../src/graphql/shield.ts'
import { type CallerKind, callerKinds, principalOf } from '../harness/callers.ts'
import type { WireAnswer } from '../harness/client.ts'
import { databaseDigest } from './database-digest.ts'
import { memberCases } from './matrix-members.ts'
import { mutationCases } from './matrix-mutations.ts'
import { guardedFieldCases, queryCases } from './matrix-queries.ts'
import { type Attempt, arrangeWorld, type MatrixCase, type World } from './matrix-world.ts'
import { type Outcome, outcomeOf } from './outcome.ts'
import { renderMatrix } from './render-matrix.ts'

/** What happened when one caller tried one row. */
interface Trial {
  readonly expected: Outcome
  readonly outcome: string
  readonly hasChanged: boolean
  /** What the caller was answered, and for a thing that does not exist; null where they may know of it. */
  readonly hidden: { readonly answer: string; readonly answerForMissing: string } | null
}

interface TriedCase extends MatrixCase {
  readonly title: string
  readonly trials: Map<CallerKind, Trial>
}

const tried: readonly TriedCase[] = [...queryCases, ...guardedFieldCases, ...mutationCases, ...memberCases].map(
  (each) => ({
    ...each,
    title: `${each.field} ${each.on}`.trim(),
    trials: new Map(),
  }),
)

let world: World
let callersBefore: Awaited<ReturnType<typeof principals>>

beforeAll(async () => {
  world = await arrangeWorld()
  // The first use of a token is written at once, and shows in its principal.
  for (const { client } of Object.values(world.callers.all)) await client.execute(ViewerDocument, {})
  callersBefore = await principals()
  for (const { prepare, trials } of tried)
    for (const kind of callerKinds) {
      const attempt = await prepare(world, kind)
      if (attempt !== null) trials.set(kind, await carryOut(attempt))
    }
}, 180_000)
afterAll(() => world?.stop())

/** Who the callers are, and what they may by that; not what their organizations are called. */
async function principals() {
  const all = Object.values(world.callers.all)
  return Object.fromEntries(
    await Promise.all(
      all.map(async ({ kind, client }) => [kind, withoutNames(await principalOf(world.postern, client))] as const),
    ),
  )
}

function withoutNames(principal: Principal): object {
  if (principal.kind !== 'SESSION') return principal
  const roles = [...principal.standings].map(([id, { role, ownsCompany }]) => ({ id, role, ownsCompany }))
  return { ...principal, standings: roles }
}

async function carryOut({ client, request, expected, hidden, cleanUp }: Attempt): Promise<Trial> {
  const before = await databaseDigest(world.postern)
  const answer = await client.send(request)
  const hasChanged = (await databaseDigest(world.postern)) !== before
  const trial = { expected, outcome: outcomeOf(answer), hasChanged }
  await cleanUp()
  if (hidden === null) return { ...trial, hidden: null }
  const { reference, missing } = hidden
  const answerForMissing = onTheWire(await client.send(hidden.request), missing)
  return { ...trial, hidden: { answer: onTheWire(answer, reference), answerForMissing } }
}

/** All of an answer that its thing could show in, with the thing's own name, which the caller gave, taken out. */
function onTheWire({ status, headers, body }: WireAnswer, name: string): string {
  const length = headers.get('content-length')
  const type = headers.get('content-type')
  return `${status} ${type} ${length} ${JSON.stringify(body).replaceAll(name, '<name>')}`
}

describe('the permission matrix', () => {
  it('has a row for every root field, and for every guarded field', () => {
    const schema = buildSchema()
    const fieldsOf = (name: string) => {
      const type = schema.getType(name)
      return isObjectType(type) ? Object.keys(type.getFields()).map((field) => `${name}.${field}`) : []
    }
    const guarded = Object.entries(permissions).flatMap(([type, rules]) =>
      Object.entries(rules).flatMap(([field, rule]) => (field === '*' || rule === allow ? [] : [`${type}.${field}`])),
    )
    const named = new Set([...fieldsOf('Query'), ...fieldsOf('Mutation'), ...guarded])
    expect(new Set(tried.map(({ field }) => field))).toEqual(named)
  })

  it('is tried as every caller, and none has become another kind of caller on the way', async () => {
    for (const { title, on, trials } of tried) {
      const isTheirOwn = /their own|itself/.test(on)
      if (!isTheirOwn) expect({ title, callers: [...trials.keys()] }).toEqual({ title, callers: callerKinds })
    }
    expect(await principals()).toEqual(callersBefore)
  })

  for (const row of tried)
    it(`${row.title}: answers each caller as the policy says`, () => {
      const outcomes = (of: (trial: Trial) => string) =>
        Object.fromEntries([...row.trials].map(([kind, trial]) => [kind, of(trial)]))
      expect(outcomes(({ outcome }) => outcome)).toEqual(outcomes(({ expected }) => expected))
      expect(row.trials.size).toBeGreaterThan(0)
    })

  it('writes what a mutation does, and nothing for a query or a refusal', () => {
    // Activating an active token and choosing the plan that an organization has are done without a change.
    const idle = /^Mutation\.(activateToken|changeOrganizationPlan)$/
    for (const { title, field, trials } of tried)
      for (const [kind, { outcome, hasChanged }] of trials) {
        const isDone = outcome === 'yes' && field.startsWith('Mutation.') && !idle.test(field)
        expect({ title, kind, hasChanged }).toEqual({ title, kind, hasChanged: isDone })
      }
  })

  it('answers what a caller may not know of like what does not exist, to the byte', () => {
    const fooled = new Set<CallerKind>()
    for (const { title, trials } of tried)
      for (const [kind, { hidden }] of trials) {
        if (hidden === null) continue
        fooled.add(kind)
        expect({ title, kind, answer: hidden.answer }).toEqual({ title, kind, answer: hidden.answerForMissing })
      }
    expect(fooled).toEqual(new Set(callerKinds))
  })

  it('is what docs/permissions.md shows', async () => {
    const rows = tried.map(({ field, on, trials }) => ({
      field,
      on,
      cells: new Map([...trials].map(([kind, { outcome }]) => [kind, outcome])),
    }))
    await expect(renderMatrix(rows)).toMatchFileSnapshot('../../docs/permissions.md')
  })
})
