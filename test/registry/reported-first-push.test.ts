import { randomUUID } from 'node:crypto'
import { expect, it } from 'vitest'
import {
  CreateRepositoryDocument,
  DeactivateTokenDocument,
  DeleteRepositoryDocument,
  RepositoryDocument,
  type ScopeInput,
  UpdateTokenDocument,
} from '../../schema/typed-documents.ts'
import { ActivityEvent } from '../../src/domain/model/activity-event.ts'
import { Organization } from '../../src/domain/model/organization.ts'
import { Repository } from '../../src/domain/model/repository.ts'
import { generatePersonal } from '../harness/personal-token.ts'
import { generateToken } from '../harness/postern.ts'
import { statementsOf } from '../harness/statements.ts'
import { addMember, expire, userIdOf } from '../token/arrange.ts'
import { arrangeReports, at } from './arrange-reports.ts'

const { world, push, post, report, logOf, tags } = arrangeReports()

const everything: ScopeInput = { resource: 'REPOSITORY', path: 'acme/*', permissions: ['IMAGE_PUSH'] }
const creating: ScopeInput = { resource: 'ORGANIZATION', path: 'acme', permissions: ['REPOSITORY_CREATE'] }
const newMaker = () => generateToken(world.owner, { label: 'maker', scopes: [everything, creating] })
const newName = () => `acme/new-${randomUUID().slice(0, 8)}`

/** A reported push of a tag by an actor. */
const pushed = (name: string, actor: string, changes: { timestamp?: string; tag?: string } = {}) =>
  push({
    ...(changes.timestamp === undefined ? {} : { timestamp: changes.timestamp }),
    target: { repository: name, tag: changes.tag ?? '1.0' },
    actor: { name: actor },
  })

/** The id of a new person with a role in acme. */
async function newMember(role: 'EDITOR' | 'MEMBER'): Promise<string> {
  const { username } = await world.postern.signUp(`eve-${randomUUID().slice(0, 8)}`)
  await addMember(world.postern.em(), world.acme, username, role)
  return userIdOf(world.postern.em(), username)
}

const enforceSso = (ssoEnforced: boolean) =>
  world.postern.em().nativeUpdate(Organization, { name: 'acme' }, { ssoEnforced })

async function created(name: string) {
  const { repository } = await world.owner.execute(RepositoryDocument, { name })
  return repository
}

it('the first push that a registry reports creates its repository, with its event, tag and usage', async () => {
  const [name, maker] = [newName(), await newMaker()]
  expect(await report(pushed(name, maker.id, { timestamp: at(1) }))).toEqual({ status: 200, body: { recorded: 1 } })
  expect(await created(name)).toMatchObject({ visibility: 'PRIVATE', description: null, createdAt: at(1) })
  expect(await tags(name)).toMatchObject([{ name: '1.0' }])
  const log = (await logOf({ repository: name })).map(({ action, target }) => `${action} ${target}`).toSorted()
  expect(log).toEqual([`repository.create ${name}`, `repository.push ${name}:1.0`])
  expect(await world.postern.em().find(ActivityEvent, { action: 'repository.create', target: name })).toEqual([
    expect.objectContaining({
      actorKind: 'ORGANIZATION_TOKEN',
      actorName: 'acme',
      tokenId: maker.id,
      tokenLabel: 'maker',
      ipAddress: '203.0.113.9',
      requestId: 'request-of-the-registry',
      data: { visibility: 'PRIVATE' },
    }),
  ])
})

it('a first push creates nothing if its events cannot be written', async () => {
  const [name, maker] = [newName(), await newMaker()]
  const em = world.postern.em()
  await em.execute("alter table activity_event add constraint forbidden check (action <> 'repository.push') not valid")
  try {
    expect(await report(pushed(name, maker.id))).toEqual({ status: 200, body: { recorded: 0 } })
  } finally {
    await em.execute('alter table activity_event drop constraint forbidden')
  }
  expect(await created(name)).toBeNull()
})

it('a first push of several images and tags, reported at once and twice, creates each repository once', async () => {
  const [one, two, maker] = [newName(), newName(), await newMaker()]
  const events = [one, two].flatMap((name) => ['1.0', '1.1'].map((tag) => pushed(name, maker.id, { tag })))
  await report(...events)
  await report(...events)
  for (const name of [one, two]) {
    expect((await tags(name))?.map((tag) => tag.name).toSorted()).toEqual(['1.0', '1.1'])
    expect(await logOf({ repository: name, actions: ['repository.create'] })).toHaveLength(1)
  }
})

it('first pushes that two servers learn of at once create each repository once, and keep all tags', async () => {
  const second = await world.postern.startSecondInstance()
  try {
    const [names, maker] = [[newName(), newName(), newName()], await newMaker()]
    const responses = await Promise.all(
      Array.from({ length: 12 }, (_, index) => {
        const events = names.map((name) => pushed(name, maker.id, { tag: `t${index}` }))
        const url = index % 2 === 0 ? world.postern.url : second.url
        return post({ events: index % 3 === 0 ? events.toReversed() : events }, {}, url)
      }),
    )
    expect(responses.map(({ status }) => status)).toEqual(Array(12).fill(200))
    for (const name of names) {
      expect(await tags(name)).toHaveLength(12)
      expect(await logOf({ repository: name, actions: ['repository.create'] })).toHaveLength(1)
    }
  } finally {
    await second.stop()
  }
})

it('fifty first pushes by one token, reported at once, take a few statements', async () => {
  const maker = await newMaker()
  const events = Array.from({ length: 50 }, () => pushed(newName(), maker.id))
  const statements = await statementsOf(async () => {
    expect(await report(...events)).toMatchObject({ body: { recorded: 50 } })
  })
  expect(statements.length).toBeLessThan(20)
})

it('a first push with a personal token or a password creates the repository of a person who may', async () => {
  const ida = await world.postern.signUp(`ida-${randomUUID().slice(0, 8)}`)
  await addMember(world.postern.em(), world.acme, ida.username, 'EDITOR')
  const { id } = await generatePersonal(ida.client)
  const [own, shared, byPassword] = [`${ida.username}/own`, newName(), newName()]
  await report(
    pushed(own, id),
    pushed(shared, id),
    pushed(byPassword, await userIdOf(world.postern.em(), ida.username)),
  )
  const paths = (await world.postern.em().find(Repository, {})).map(({ path }) => `/${path}`)
  for (const name of [own, shared, byPassword]) expect(paths).toContain(name.slice(name.indexOf('/')))
  expect(await logOf({ repository: byPassword, actions: ['repository.create'] })).toMatchObject([
    { actor: { kind: 'USER', name: ida.username }, tokenLabel: null },
  ])
})

/** Who pushed; the rights have ended, or never were. */
const withoutRight: Array<[string, () => Promise<string>]> = [
  ['a client without a login', async () => ''],
  ['a subject that Postern does not know', async () => 'ci-of-the-registry'],
  ['a token that may not create repositories', async () => (await generateToken(world.owner)).id],
  [
    'a token of named repositories',
    async () => {
      const named: ScopeInput = { resource: 'REPOSITORY', path: 'acme/app', permissions: ['IMAGE_PUSH'] }
      return (await generateToken(world.owner, { scopes: [named, creating] })).id
    },
  ],
  [
    'a token that has lost the right since',
    async () => {
      const { id } = await newMaker()
      await world.owner.execute(UpdateTokenDocument, { id, input: { scopes: [everything] } })
      return id
    },
  ],
  [
    'a token that is inactive now',
    async () => {
      const { id } = await newMaker()
      await world.owner.execute(DeactivateTokenDocument, { id })
      return id
    },
  ],
  ['a member who is no editor', () => newMember('MEMBER')],
  [
    'an editor whose organization requires single sign-on now, with a password',
    async () => {
      await enforceSso(true)
      return newMember('EDITOR')
    },
  ],
]

it.each(withoutRight)('a reported push by %s creates nothing, and is in the log', async (_who, arrange) => {
  const name = newName()
  const event = pushed(name, await arrange())
  expect(await report(event)).toMatchObject({ body: { recorded: 1 } })
  await enforceSso(false)
  expect(await created(name)).toBeNull()
  expect(await logOf({ repository: name })).toMatchObject([{ action: 'repository.push' }])
})

it('a push that is reported after its token expired creates the repository, and a later push does not', async () => {
  const [name, late, maker] = [newName(), newName(), await newMaker()]
  const [before, after] = [pushed(name, maker.id, { timestamp: at(1) }), pushed(late, maker.id)]
  await expire(world.postern.em(), maker.id)
  await report(before)
  await report(after)
  expect([await created(name), await created(late)]).toEqual([expect.anything(), null])
})

it('pulls, checks, layers and deletions create nothing', async () => {
  const [name, { id }] = [newName(), await newMaker()]
  const target = { repository: name }
  await report(
    { ...pushed(name, id), action: 'pull' },
    { ...pushed(name, id), action: 'delete' },
    push({ target: { ...target, mediaType: 'application/octet-stream' }, actor: { name: id } }),
    push({ action: 'mount', target: { ...target, fromRepository: 'acme/app' }, actor: { name: id } }),
  )
  expect(await created(name)).toBeNull()
})

it('a deleted repository is not created by a push from before, and is by a push from after', async () => {
  const [name, { id }] = [newName(), await newMaker()]
  await world.owner.execute(CreateRepositoryDocument, { input: { name, visibility: 'PUBLIC' } })
  const before = pushed(name, id, { timestamp: at(1) })
  await world.owner.execute(DeleteRepositoryDocument, { name })
  await report(before)
  expect(await created(name)).toBeNull()
  await report(pushed(name, id, { timestamp: new Date(Date.now() + 60_000).toISOString() }))
  expect(await created(name)).toMatchObject({ visibility: 'PRIVATE' })
})
