import { isObjectType } from 'graphql'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Principal } from '../../src/domain/policy/principal.ts'
import { Denied } from '../../src/domain/shared/errors.ts'
import { permissions } from '../../src/graphql/permissions.ts'
import { buildSchema } from '../../src/graphql/schema.ts'
import { allow } from '../../src/graphql/shield.ts'
import { type Caller, principalOf } from '../harness/callers.ts'
import { type MatrixCallerKind, matrixCallerKinds, unusableTokens } from './matrix-callers.ts'
import { matrixCases } from './matrix-cases.ts'
import { arrangeWorld, type World } from './matrix-world.ts'
import { renderMatrix } from './render-matrix.ts'
import { type TriedCase, tryRows } from './try-rows.ts'

const tried: readonly TriedCase[] = matrixCases.map((each) => ({
  ...each,
  title: `${each.field} ${each.on}`.trim(),
  trials: new Map(),
}))

let world: World
let callersBefore: Awaited<ReturnType<typeof principals>>

beforeAll(async () => {
  world = await arrangeWorld()
  // The first use of a token is written at once, and shows in its principal.
  for (const { client } of allCallers()) await client.send({ query: '{ viewer { user { id } } }' })
  callersBefore = await principals()
  await tryRows(world, tried)
}, 300_000)
afterAll(() => world?.stop())

function allCallers(): Caller[] {
  return Object.values(world.callers.all)
}

/** Who the callers are, and what they may by that; not what their organizations are called. Null: they cannot be. */
async function principals(): Promise<Record<string, object | null>> {
  const all: Record<string, object | null> = {}
  for (const { kind, client } of allCallers())
    all[kind] = await principalOf(world.postern, client).then(withoutNames, (error) => {
      if (error instanceof Denied && error.code === 'UNAUTHENTICATED') return null
      throw error
    })
  return all
}

function withoutNames(principal: Principal): object {
  if (!('organizationAccess' in principal)) return principal
  const roles = [...principal.organizationAccess].map(([id, { role, ownsCompany }]) => ({ id, role, ownsCompany }))
  return { ...principal, organizationAccess: roles }
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
    const rows = new Set(tried.map(({ field }) => field))
    expect([...fieldsOf('Query'), ...fieldsOf('Mutation'), ...guarded].filter((field) => !rows.has(field))).toEqual([])
    const types = new Set([...rows].map((field) => field.replace(/\..*/, '')))
    const known = new Set([...types].flatMap(fieldsOf))
    expect([...rows].filter((field) => !known.has(field))).toEqual([])
  })

  it('is tried as every caller, and none has become another kind of caller on the way', async () => {
    for (const { title, on, trials } of tried) {
      const isTheirOwn = /their own|itself/.test(on)
      if (!isTheirOwn) expect({ title, callers: [...trials.keys()] }).toEqual({ title, callers: matrixCallerKinds })
    }
    expect(await principals()).toEqual(callersBefore)
  })

  it('is tried as who the callers are said to be', () => {
    expect(Object.keys(callersBefore)).toHaveLength(matrixCallerKinds.length)
    const kindOf = (kind: MatrixCallerKind) => callersBefore[kind]
    expect(kindOf('exMember')).toMatchObject({ kind: 'SESSION', organizationAccess: [] })
    expect(kindOf('groupMember')).toMatchObject({ organizationAccess: [{ id: world.acme.id, role: 'MEMBER' }] })
    expect(kindOf('ownerReadToken')).toMatchObject({ kind: 'PERSONAL_TOKEN', organizationAccess: [{ role: 'OWNER' }] })
    expect(kindOf('memberReadToken')).toMatchObject({ scopes: [{ permissions: ['MEMBER_READ'] }] })
    const unusable = Object.entries(callersBefore).flatMap(([kind, principal]) => (principal === null ? [kind] : []))
    expect(unusable.sort()).toEqual(Object.keys(unusableTokens).sort())
  })

  for (const row of tried)
    it(`${row.title}: answers each caller as the policy says`, () => {
      const outcomes = (of: (trial: { outcome: string; expected: string }) => string) =>
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
    const fooled = new Set<MatrixCallerKind>()
    for (const { title, trials } of tried)
      for (const [kind, { hidden }] of trials) {
        if (hidden === null) continue
        fooled.add(kind)
        expect({ title, kind, answer: hidden.answer }).toEqual({ title, kind, answer: hidden.answerForMissing })
      }
    expect(fooled).toEqual(new Set(matrixCallerKinds))
  })

  it('answers a token that is deactivated or expired the same, to the byte, whatever it asks for', () => {
    const answers = new Set<string>()
    for (const { trials } of tried)
      for (const kind of Object.keys(unusableTokens) as MatrixCallerKind[]) {
        const trial = trials.get(kind)
        if (trial) answers.add(`${trial.expected} ${trial.hidden?.answer}`)
      }
    expect([...answers]).toEqual([expect.stringMatching(/^sign in 401 .*"code":"UNAUTHENTICATED"/)])
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
