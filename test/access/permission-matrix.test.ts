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
  // The first use of a token is written at once and changes its principal, so it happens before the test.
  for (const { client } of allCallers()) await client.send({ query: '{ viewer { user { id } } }' })
  callersBefore = await principals()
  await tryRows(world, tried)
}, 300_000)
afterAll(() => world?.stop())

function allCallers(): Caller[] {
  return Object.values(world.callers.all)
}

/** The principals of the callers, without the names of organizations. Null if the caller cannot be authenticated. */
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
  it('the permission matrix has a row for every root field and every guarded field', () => {
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

  it('tries every row as every caller, and leaves each caller the same kind of caller', async () => {
    for (const { title, on, trials } of tried) {
      const isTheirOwn = /their own|itself/.test(on)
      if (!isTheirOwn) expect({ title, callers: [...trials.keys()] }).toEqual({ title, callers: matrixCallerKinds })
    }
    expect(await principals()).toEqual(callersBefore)
  })

  it('the permission matrix has callers that are what their titles say', () => {
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
    it(`${row.title}: returns to each caller what the policy says`, () => {
      const outcomes = (of: (trial: { outcome: string; expected: string }) => string) =>
        Object.fromEntries([...row.trials].map(([kind, trial]) => [kind, of(trial)]))
      expect(outcomes(({ outcome }) => outcome)).toEqual(outcomes(({ expected }) => expected))
      expect(row.trials.size).toBeGreaterThan(0)
    })

  it('writes what a mutation changes, and nothing for queries and denials', () => {
    // Activating an active token and choosing the current plan succeed without a change.
    const idle = /^Mutation\.(activateToken|changeOrganizationPlan)$/
    for (const { title, field, trials } of tried)
      for (const [kind, { outcome, hasChanged }] of trials) {
        const isDone = outcome === 'yes' && field.startsWith('Mutation.') && !idle.test(field)
        expect({ title, kind, hasChanged }).toEqual({ title, kind, hasChanged: isDone })
      }
  })

  it('returns the same bytes for invisible and missing resources', () => {
    const fooled = new Set<MatrixCallerKind>()
    for (const { title, trials } of tried)
      for (const [kind, { hidden }] of trials) {
        if (hidden === null) continue
        fooled.add(kind)
        expect({ title, kind, response: hidden.response }).toEqual({ title, kind, response: hidden.responseForMissing })
      }
    expect(fooled).toEqual(new Set(matrixCallerKinds))
  })

  it('returns the same bytes for deactivated and expired tokens, whatever the request', () => {
    const responses = new Set<string>()
    for (const { trials } of tried)
      for (const kind of Object.keys(unusableTokens) as MatrixCallerKind[]) {
        const trial = trials.get(kind)
        if (trial) responses.add(`${trial.expected} ${trial.hidden?.response}`)
      }
    expect([...responses]).toEqual([expect.stringMatching(/^sign in 401 .*"code":"UNAUTHENTICATED"/)])
  })

  it('the permission matrix is the table in docs/permissions.md', async () => {
    const rows = tried.map(({ field, on, trials }) => ({
      field,
      on,
      cells: new Map([...trials].map(([kind, { outcome }]) => [kind, outcome])),
    }))
    await expect(renderMatrix(rows)).toMatchFileSnapshot('../../docs/permissions.md')
  })
})
