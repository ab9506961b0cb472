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

/** What the server's own role is told when it runs these statements in one transaction. */
async function refusalOf(...statements: string[]): Promise<string> {
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
const refused = /append-only|permission denied/
const allowUpdates = [
  'grant update, truncate on activity_event to current_user',
  `grant update, truncate on ${partition} to current_user`,
]

describe("the server's role", () => {
  it.each([
    ['changes no event', ['update activity_event set target = target']],
    ['changes none in its partition', [`update ${partition} set target = target`]],
    [
      'changes none with the privilege, which the owner of a table can give themself',
      [allowUpdates[0] ?? '', 'update activity_event set target = target'],
    ],
    ['changes none so in its partition', [allowUpdates[1] ?? '', `update ${partition} set target = target`]],
    [
      'changes none where it writes one that is there',
      [
        'insert into activity_event select * from activity_event on conflict (namespace_id, id) do update set target = excluded.target',
      ],
    ],
    ['deletes no event', ["delete from activity_event where target = 'acme/api'"]],
    ['deletes none in its partition', [`delete from ${partition}`]],
    ['deletes none that is old', ["delete from activity_event where target = 'long ago'"]],
    ['empties no table', ['truncate activity_event']],
    ['empties none with the privilege', [...allowUpdates, 'truncate activity_event']],
    ['empties no partition so', [...allowUpdates, `truncate ${partition}`]],
    ['empties no chains', ['truncate activity_chain']],
    ['empties no checkpoints', ['truncate activity_checkpoint']],
  ])('%s', async (_, statements) => {
    expect(await refusalOf(...statements)).toMatch(refused)
    expect(await findings()).toEqual([])
  })

  it('moves no head, takes none away and makes none', async () => {
    for (const statement of [
      'update activity_chain set position = position - 1',
      'update activity_chain set position = position + 1',
      'delete from activity_chain',
      `insert into activity_chain values ('usr_', 1, '')`,
      `insert into activity_chain select namespace_id, 1, hash from activity_chain on conflict (namespace_id) do update set position = 1`,
    ])
      expect(await refusalOf(statement)).toMatch('Heads of the activity log move with it.')
  })

  it('makes no checkpoint of what is no event, nor of what is not a day old, and moves none back or away', async () => {
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
      expect(await refusalOf(statement)).toMatch('none of the activity log')
    const checkpoint = of('position, hash, at', old)
    for (const statement of [
      'update activity_checkpoint set position = position - 1',
      'update activity_checkpoint set at = now()',
      'delete from activity_checkpoint',
    ])
      expect(await refusalOf(checkpoint, statement)).toMatch('none of the activity log')
    // What lies before a checkpoint and is younger stays.
    expect(await refusalOf(checkpoint, `delete from activity_event where namespace_id = '${acme}'`)).toMatch(refused)
  })

  it('cannot choose the place of an event in its chain', async () => {
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
  it('are whole when much happens at once, to several organizations and people in one transaction', async () => {
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
    const answers = await Promise.all([
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
    expect(JSON.stringify(answers)).not.toContain('"code"')
    expect(await findings()).toEqual([])
  })

  it('go with their namespace, and nothing else goes', async () => {
    const { client } = await postern.signUp('gone')
    await createOrganization(client, 'going', 'FREE')
    await postern.em().execute("delete from namespace where name = 'going'")
    expect(await postern.em().count(ActivityEvent, { target: 'going' })).toBe(0)
    expect(await findings()).toEqual([])
  })
})

describe('taking the protection off', () => {
  it('is put back by the tests that do', async () => {
    await tamper(
      postern.config.databaseUrl ?? '',
      "update activity_event set target = 'acme/app' where target = 'acme/api'",
    )
    expect(await findings()).toEqual([expect.stringMatching(/^acme \d has been changed or moved/)])
    expect(await refusalOf(...allowUpdates, 'update activity_event set target = target')).toMatch(refused)
  })
})
