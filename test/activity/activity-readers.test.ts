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

describe('who reads the activity', () => {
  it.each<CallerKind>(['owner', 'companyOwner', 'token'])('is the %s', async (kind) => {
    expect(targetsOf(await list(world.callers.all[kind].client))).toEqual(all)
  })

  it('is a token with ACTIVITY_READ and nothing else', async () => {
    expect(targetsOf(await list(world.reading.client))).toEqual(all)
    const answer = await world.reading.client.send({
      query: '{ organization(name: "acme") { members { totalCount } } }',
    })
    expect(answer.body.errors?.[0]?.extensions.code).toBe('FORBIDDEN')
  })

  it.each<[string, () => Promise<Client> | Client, RegExp]>([
    ['a member', () => world.callers.all.member.client, /^Only owners of the organization acme/],
    ['an editor', () => world.callers.all.editor.client, /^Only owners of the organization acme/],
    ['a token without it', () => world.blind, /lacks the permission ACTIVITY_READ/],
    [
      "the owner's personal token",
      async () => world.postern.client((await generatePersonalToken(world.postern, await userIdOf(owner))).secret),
      /^An access token may not do this/,
    ],
  ])('is not %s, who is told so', async (_, clientOf, words) => {
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

  it('is seen by who may see it, and its label by everyone who reads', async () => {
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

  it('finds an event for who reads the activity, and for nobody else', async () => {
    const [event] = (await list(owner, { filter: { token: world.reading.id } })).nodes
    const id = event?.id ?? ''
    const found = { id, target: 'acme/api:1.0', accessToken: { id: world.reading.id, label: 'audit' } }
    for (const client of [owner, world.reading.client]) expect(await nodeFor(client, id)).toEqual(found)
    for (const kind of ['anonymous', 'member', 'ownerElsewhere', 'tokenElsewhere', 'administrator'] as const)
      expect(await nodeFor(world.callers.all[kind].client, id)).toBeNull()
    expect(await nodeFor(owner, `evt_${gone.slice(4)}`)).toBeNull()
  })

  it('finds no event of a person', async () => {
    const { id } = await world.postern.em().findOneOrFail(ActivityEvent, { action: 'user.sign_in' })
    expect(await nodeFor(owner, id)).toBeNull()
  })
})
