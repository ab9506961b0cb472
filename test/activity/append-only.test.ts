import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  AddCompanyOwnerDocument,
  AddOrganizationToCompanyDocument,
  CreateCompanyDocument,
  DeleteRepositoryDocument,
  RemoveCompanyOwnerDocument,
} from '../../schema/typed-documents.ts'
import type { Finding } from '../../src/domain/activity/follow-chain.ts'
import { verifyActivity } from '../../src/domain/activity/verify-activity.ts'
import { ActivityEvent } from '../../src/domain/model/activity-event.ts'
import type { Client } from '../harness/client.ts'
import { generatePersonal } from '../harness/personal-token.ts'
import { createOrganization, createRepository, type Postern, startPostern } from '../harness/postern.ts'
import { tamper } from '../harness/tamper.ts'
import { insertEvents } from './arrange.ts'

let postern: Postern
let owner: Client
let acme: string
beforeAll(async () => {
  postern = await startPostern()
  owner = await postern.signInAsAdministrator()
  acme = await createOrganization(owner, 'acme', 'BUSINESS')
  for (const path of ['api', 'web']) await createRepository(owner, `acme/${path}`)
  await insertEvents({ postern, owner }, acme, [{ action: 'member.invite', target: 'long ago' }])
})
afterAll(() => postern.stop())

/** The error that PostgreSQL returns to the server's role for these statements in one transaction. */
async function errorOf(...statements: string[]): Promise<string> {
  const work = postern.em().transactional(async (em) => {
    for (const statement of statements) await em.execute(statement)
  })
  return work.then(
    () => 'nothing',
    (error: Error) => error.message,
  )
}

async function findings(): Promise<string[]> {
  const found: Finding[] = []
  await verifyActivity(postern.em(), { onFinding: (finding) => found.push(finding) })
  return found.map(({ name, position, what }) => `${name} ${position} ${what}`)
}

const partition = `activity_event_${new Date().toISOString().slice(0, 7).replace('-', '_')}`
const forbidden = /append-only|permission denied/
const allowUpdates = [
  'grant update, truncate on activity_event to current_user',
  `grant update, truncate on ${partition} to current_user`,
]

describe('the role of the server', () => {
  it.each([
    ['cannot change events', ['update activity_event set target = target']],
    ['cannot change events in their partition', [`update ${partition} set target = target`]],
    [
      'cannot change events with the privilege, which the owner of a table can grant themselves',
      [allowUpdates[0] ?? '', 'update activity_event set target = target'],
    ],
    [
      'cannot change events in their partition with the privilege',
      [allowUpdates[1] ?? '', `update ${partition} set target = target`],
    ],
    [
      'cannot change events by an upsert',
      [
        'insert into activity_event select * from activity_event on conflict (namespace_id, id) do update set target = excluded.target',
      ],
    ],
    ['cannot delete events', ["delete from activity_event where target = 'acme/api'"]],
    ['cannot delete events in their partition', [`delete from ${partition}`]],
    ['cannot delete old events', ["delete from activity_event where target = 'long ago'"]],
    ['cannot truncate the table', ['truncate activity_event']],
    ['cannot truncate the table with the privilege', [...allowUpdates, 'truncate activity_event']],
    ['cannot truncate a partition with the privilege', [...allowUpdates, `truncate ${partition}`]],
    ['cannot truncate the chains', ['truncate activity_chain']],
    ['cannot truncate the checkpoints', ['truncate activity_checkpoint']],
  ])('%s', async (_, statements) => {
    expect(await errorOf(...statements)).toMatch(forbidden)
    expect(await findings()).toEqual([])
  })

  it('cannot move, delete or create the head of a chain', async () => {
    for (const statement of [
      'update activity_chain set position = position - 1',
      'update activity_chain set position = position + 1',
      'delete from activity_chain',
      `insert into activity_chain values ('usr_', 1, '')`,
      `insert into activity_chain select namespace_id, 1, hash from activity_chain on conflict (namespace_id) do update set position = 1`,
    ])
      expect(await errorOf(statement)).toMatch('Heads of the activity log move with it.')
  })

  it('cannot create checkpoints without an old event, move them back, or delete them', async () => {
    const of = (columns: string, condition: string) =>
      `insert into activity_checkpoint select namespace_id, ${columns} from activity_event where namespace_id = '${acme}' and ${condition}`
    const recent = "target = 'acme/api'"
    const old = "target = 'long ago'"
    for (const statement of [
      of('position, hash, now()', recent),
      of("position, hash, now() - interval '22 hours'", recent),
      of('position + 1, hash, at', old),
      of("position, sha256('forged'), at", old),
    ])
      expect(await errorOf(statement)).toMatch('none of the activity log')
    const checkpoint = of('position, hash, at', old)
    for (const statement of [
      'update activity_checkpoint set position = position - 1',
      'update activity_checkpoint set at = now()',
      'delete from activity_checkpoint',
    ])
      expect(await errorOf(checkpoint, statement)).toMatch('none of the activity log')
    // Younger events before a checkpoint stay.
    expect(await errorOf(checkpoint, `delete from activity_event where namespace_id = '${acme}'`)).toMatch(forbidden)
  })

  it('cannot choose the position of an event in its chain', async () => {
    const { namespace, ...event } = await postern.em().findOneOrFail(ActivityEvent, { target: 'acme/web' })
    await postern.em().execute(
      `insert into activity_event (namespace_id, id, at, action, actor_kind, actor_name, target, position, hash)
       values (?, ?, ?, 'forged', 'SYSTEM', 'system', 'forged', 1, 'forged')`,
      [namespace, `${event.id.slice(0, -4)}0000`, event.at],
    )
    expect(await findings()).toEqual([])
  })
})

describe('the chains', () => {
  it('stay complete when transactions write to several organizations and people at once', async () => {
    const people = await Promise.all(['ada', 'bob', 'cat', 'dan'].map((name) => postern.signUp(name)))
    const companies = ['one', 'two', 'three']
    for (const name of companies) {
      await owner.execute(CreateCompanyDocument, { input: { name, owners: ['admin'] } })
      await createOrganization(owner, `of-${name}`, 'BUSINESS')
      await owner.execute(AddOrganizationToCompanyDocument, { company: name, organization: `of-${name}` })
      for (const path of ['a', 'b', 'c']) await createRepository(owner, `of-${name}/${path}`, 'PUBLIC')
    }
    const repositories = companies.flatMap((name) => ['a', 'b', 'c'].map((path) => `of-${name}/${path}`))
    for (const { client } of people)
      for (const name of repositories) await generatePersonal(client, { repositories: [name] })
    const responses = await Promise.all([
      ...companies.flatMap((company) =>
        people.map(async ({ username }) => {
          const added = await owner.execute(AddCompanyOwnerDocument, { company, username })
          const removed = await owner.execute(RemoveCompanyOwnerDocument, { company, username })
          return [added.addCompanyOwner.userErrors, removed.removeCompanyOwner.userErrors]
        }),
      ),
      ...repositories.map((name) => owner.execute(DeleteRepositoryDocument, { name })),
      ...people.map(({ client }, index) => createOrganization(client, `new-${index}`, 'FREE')),
    ])
    expect(JSON.stringify(responses)).not.toContain('"code"')
    expect(await findings()).toEqual([])
  })

  it('the chains are deleted with their namespace, and only with it', async () => {
    const { client } = await postern.signUp('gone')
    await createOrganization(client, 'going', 'FREE')
    await postern.em().execute("delete from namespace where name = 'going'")
    expect(await postern.em().count(ActivityEvent, { target: 'going' })).toBe(0)
    expect(await findings()).toEqual([])
  })
})

describe('removing the protection', () => {
  it('removing the protection is reverted by the tests that do it', async () => {
    await tamper(
      postern.config.databaseUrl ?? '',
      "update activity_event set target = 'acme/app' where target = 'acme/api'",
    )
    expect(await findings()).toEqual([expect.stringMatching(/^acme \d has been changed or moved/)])
    expect(await errorOf(...allowUpdates, 'update activity_event set target = target')).toMatch(forbidden)
  })
})
