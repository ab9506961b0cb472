import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ActivityEvent } from '../../src/domain/model/activity-event.ts'
import { type CallerKind, userIdOf } from '../harness/callers.ts'
import type { Client } from '../harness/client.ts'
import { generatePersonalToken } from '../harness/inserted-token.ts'
import { type ActivityWorld, all, arrangeActivity, gone, list, targetsOf } from './arrange.ts'

let world: ActivityWorld
let owner: Client
beforeAll(async () => {
  world = await arrangeActivity()
  owner = world.owner
})
afterAll(() => world.postern.stop())

describe('the activity', () => {
  it.each<CallerKind>(['owner', 'companyOwner', 'token'])('the activity is visible to the %s', async (kind) => {
    expect(targetsOf(await list(world.callers.all[kind].client))).toEqual(all)
  })

  it('the activity is visible to a token that has only ACTIVITY_READ', async () => {
    expect(targetsOf(await list(world.reading.client))).toEqual(all)
    const response = await world.reading.client.send({
      query: '{ organization(name: "acme") { members { totalCount } } }',
    })
    expect(response.body.errors?.[0]?.extensions.code).toBe('FORBIDDEN')
  })

  it.each<[string, () => Promise<Client> | Client, RegExp]>([
    ['a member', () => world.callers.all.member.client, /^Only owners of the organization acme/],
    ['an editor', () => world.callers.all.editor.client, /^Only owners of the organization acme/],
    ['a token without ACTIVITY_READ', () => world.blind, /lacks the permission ACTIVITY_READ/],
    [
      "the owner's personal token",
      async () => world.postern.client((await generatePersonalToken(world.postern, await userIdOf(owner))).secret),
      /^An access token may not do this/,
    ],
  ])('the activity is FORBIDDEN for %s', async (_, clientOf, words) => {
    const query = '{ organization(name: "acme") { activity { nodes { target } } } }'
    const { body } = await (await clientOf()).send({ query })
    expect(body.errors).toMatchObject([{ extensions: { code: 'FORBIDDEN' }, message: expect.stringMatching(words) }])
    expect(JSON.stringify(body)).not.toContain('acme/api')
  })
})

describe('the token of an event', () => {
  const labelsFor = async (client: Client) =>
    (await list(client)).nodes.flatMap(({ target, accessToken, tokenLabel }) =>
      tokenLabel === null ? [] : [[target, accessToken?.id ?? null, tokenLabel]],
    )

  it('the token of an event is visible to those who may see the token, and its label to all readers', async () => {
    expect((await list(owner)).nodes[0]).toMatchObject({ target: 'x', accessToken: null })
    expect(await labelsFor(owner)).toEqual([
      ['acme/own', world.personal.owner, 'laptop'],
      ['old', null, 'old'],
      ['acme/web', null, 'laptop'],
      ['acme/api:1.0', world.reading.id, 'audit'],
      ['audit', world.reading.id, 'audit'],
    ])
    expect((await labelsFor(world.callers.all.companyOwner.client)).map(([, id]) => id)).toEqual([
      ...[null, null, null, world.reading.id, world.reading.id],
    ])
    expect((await labelsFor(world.reading.client)).map(([, id]) => id)).toEqual([
      null,
      null,
      null,
      world.reading.id,
      world.reading.id,
    ])
    expect((await labelsFor(world.callers.all.token.client)).map(([, id]) => id)).toEqual(Array(5).fill(null))
  })
})

describe('node', () => {
  const query = 'query ($id: ID!) { node(id: $id) { id ... on ActivityEvent { target accessToken { id label } } } }'
  const nodeFor = async (client: Client, id: string) =>
    (await client.send({ query, variables: { id } })).body.data?.node

  it('returns an event to readers of the activity, and to nobody else', async () => {
    const [event] = (await list(owner, { filter: { token: world.reading.id } })).nodes
    const id = event?.id ?? ''
    const found = { id, target: 'acme/api:1.0', accessToken: { id: world.reading.id, label: 'audit' } }
    for (const client of [owner, world.reading.client]) expect(await nodeFor(client, id)).toEqual(found)
    for (const kind of ['anonymous', 'member', 'ownerElsewhere', 'tokenElsewhere', 'administrator'] as const)
      expect(await nodeFor(world.callers.all[kind].client, id)).toBeNull()
    expect(await nodeFor(owner, `evt_${gone.slice(4)}`)).toBeNull()
  })

  it('returns no event of a person', async () => {
    const { id } = await world.postern.em().findOneOrFail(ActivityEvent, { action: 'user.sign_in' })
    expect(await nodeFor(owner, id)).toBeNull()
  })
})
