import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ActivityDocument, type ActivityFilter } from '../../schema/typed-documents.ts'
import type { Client } from '../harness/client.ts'
import { generateToken } from '../harness/postern.ts'
import { statementsOf } from '../harness/statements.ts'
import { type ActivityWorld, all, arrangeActivity, atSecond, gone, insertEvents, list, targetsOf } from './arrange.ts'

let world: ActivityWorld
let owner: Client
beforeAll(async () => {
  world = await arrangeActivity()
  owner = world.owner
})
afterAll(() => world.postern.stop())

describe('the activity of an organization', () => {
  it('contains its own events, newest first, with actor, action, time and origin', async () => {
    const { nodes, totalCount } = await list(owner)
    expect({ targets: targetsOf({ nodes }), totalCount }).toEqual({ targets: all, totalCount: all.length })
    expect(nodes.at(-1)).toEqual({
      id: expect.stringMatching(/^evt_/),
      at: atSecond(0).toISOString(),
      action: 'organization.create',
      kind: 'ORGANIZATION_CREATE',
      actor: { kind: 'USER', name: 'owner', user: { username: 'owner', displayName: 'owner' } },
      accessToken: null,
      tokenLabel: null,
      target: 'acme',
      ipAddress: '203.0.113.7',
      userAgent: 'curl/8',
      data: [],
    })
    expect(nodes.at(-2)?.data).toEqual([
      { key: 'a', value: '1' },
      { key: 'expiresAt', value: 'never' },
      { key: 'scopes', value: 'all' },
    ])
    expect(nodes.at(-3)?.ipAddress).toBe('2001:db8::1')
  })

  it('names people, also those who used personal tokens', async () => {
    const actors = (await list(owner)).nodes.map(({ actor }) => [actor.kind, actor.user?.username ?? null])
    expect(actors).toEqual([
      ['SYSTEM', null],
      ['PERSONAL_TOKEN', 'owner'],
      ['USER', 'owner'],
      ['PERSONAL_TOKEN', 'member'],
      ['ORGANIZATION_TOKEN', null],
      ['ORGANIZATION_TOKEN', null],
      ['USER', 'owner'],
      ['USER', 'owner'],
      ['USER', 'owner'],
    ])
  })

  it.each([1, 4, 9])('the activity of an organization is paged, %d at a time', async (first) => {
    const found: string[] = []
    let after: string | null | undefined = null
    do {
      const page: Awaited<ReturnType<typeof list>> = await list(owner, { first, after })
      expect(page.totalCount).toBe(all.length)
      found.push(...targetsOf(page))
      after = page.pageInfo.hasNextPage ? page.pageInfo.endCursor : null
    } while (after)
    expect(found).toEqual(all)
  })

  it.each(['', 'nonsense', gone])('returns BAD_USER_INPUT for the cursor %j', async (key) => {
    const after = Buffer.from(key).toString('base64url')
    expect(await owner.codesOf(ActivityDocument, { organization: 'acme', after })).toEqual(['BAD_USER_INPUT'])
  })
})

describe('the filter', () => {
  it.each<[ActivityFilter | (() => ActivityFilter), string[]]>([
    [{}, all],
    [{ kinds: null, actions: null, actor: null, token: null, repository: null, from: null, to: null }, all],
    [{ actions: ['access_token.delete', 'organization.create'] }, ['old', 'acme']],
    [{ kinds: ['ACCESS_TOKEN_DELETE', 'ORGANIZATION_CREATE'] }, ['old', 'acme']],
    [{ kinds: ['ACCESS_TOKEN_DELETE'], actions: ['organization.create'] }, []],
    [{ actor: 'member' }, ['acme/web']],
    [{ actor: 'acme' }, ['acme/api-docs', 'acme/api:1.0']],
    [{ actor: 'system' }, ['x']],
    [{ actor: 'own%' }, []],
    [{ actor: 'owner\u0000' }, []],
    [() => ({ token: world.reading.id }), ['acme/api:1.0', 'audit']],
    [{ token: gone }, ['old']],
    [{ token: '' }, []],
    [{ repository: 'acme/api' }, ['acme/api:1.0', 'acme/api']],
    [{ repository: 'acme/api:1.0' }, ['acme/api:1.0']],
    [{ repository: 'acme/a_i' }, []],
    [{ repository: 'acme/api\u0000' }, []],
    [{ repository: '' }, []],
    [{ from: atSecond(6).toISOString() }, ['x', 'acme/own', 'old']],
    [{ to: atSecond(2).toISOString() }, ['audit', 'acme']],
    [{ from: atSecond(2).toISOString(), to: atSecond(4).toISOString() }, ['acme/api:1.0', 'acme/api']],
    [{ from: atSecond(4).toISOString(), to: atSecond(4).toISOString() }, []],
    [{ from: '0001-01-01T00:00:00Z', to: '9999-12-31T00:00:00Z' }, all],
    [{ to: '1969-12-31T00:00:00Z' }, []],
    [{ actions: ['repository.create'], actor: 'owner', repository: 'acme/api' }, ['acme/api']],
    [{ actions: ['repository.push'], actor: 'owner' }, []],
  ])('finds and counts the events of %j', async (given, targets) => {
    const filter = typeof given === 'function' ? given() : given
    const { nodes, totalCount } = await list(owner, { filter })
    expect({ targets: targetsOf({ nodes }), totalCount }).toEqual({ targets, totalCount: targets.length })
  })

  it.each<ActivityFilter>([
    { actions: ['repository'] },
    { actions: ['organization.create', 'organization.create\u0000'] },
    { actions: [] },
    { kinds: [] },
    { from: atSecond(4).toISOString(), to: atSecond(3).toISOString() },
  ])('returns BAD_USER_INPUT if nothing can match: %j', async (filter) => {
    expect(await owner.codesOf(ActivityDocument, { organization: 'acme', filter })).toEqual(['BAD_USER_INPUT'])
  })

  it('applies to the next pages', async () => {
    const filter = { actions: ['repository.create'], to: atSecond(7).toISOString() }
    const { pageInfo } = await list(owner, { filter, first: 1 })
    const next = await list(owner, { filter, first: 1, after: pageInfo.endCursor ?? null })
    expect({ targets: targetsOf(next), totalCount: next.totalCount }).toEqual({
      targets: ['acme/api-docs'],
      totalCount: 3,
    })
  })
})

describe('a page of events', () => {
  const client = () => world.callers.all.ownerElsewhere.client
  const organization = 'globex'
  let id: string
  beforeAll(async () => {
    id = (await generateToken(client(), { organization })).id
    const event = { action: 'repository.create', tokenId: id, tokenLabel: 'ci' }
    await insertEvents(
      world,
      world.callers.globexId,
      Array.from({ length: 50 }, (_, index) => ({ ...event, target: `globex/${index}` })),
    )
  })

  it('a page of events has 50 events by default, and at most 100', async () => {
    for (const [first, length] of [
      [undefined, 50] as const,
      [null, 50] as const,
      [100, 52] as const,
      [0, 0] as const,
    ]) {
      const { organization: found } = await client().execute(ActivityDocument, { organization, first })
      expect(found?.activity.nodes).toHaveLength(length)
      expect(found?.activity.pageInfo.hasNextPage).toBe(length < 52)
    }
    expect(await client().codesOf(ActivityDocument, { organization, first: 101 })).toEqual(['BAD_USER_INPUT'])
  })

  it('takes the same statements for 1 event as for 50', async () => {
    const counts: number[] = []
    for (const first of [1, 50]) {
      const sent = await statementsOf(async () => {
        const variables = { organization, first, filter: { token: id, actor: 'owner' } }
        const { organization: found } = await client().execute(ActivityDocument, variables)
        expect(found?.activity.nodes).toHaveLength(first)
        for (const node of found?.activity.nodes ?? [])
          expect(node).toMatchObject({ accessToken: { id }, actor: { user: { username: 'owner' } } })
      })
      counts.push(sent.length)
    }
    // The caller with their organizations, the events, their count, and for all events together their tokens and
    // people.
    expect(counts).toEqual([5, 5])
  })
})
