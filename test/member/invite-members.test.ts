import type { EntityManager } from '@mikro-orm/postgresql'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { InvitesDocument } from '../../schema/typed-documents.ts'
import { databaseDigest } from '../access/database-digest.ts'
import { recordedActivity } from '../account/recorded-activity.ts'
import type { Client } from '../harness/client.ts'
import { createOrganization, type Person, type Postern, startPostern } from '../harness/postern.ts'
import { statementsOf } from '../harness/statements.ts'
import { whileLocked } from '../repository/concurrently.ts'
import { addMember, faultsOf } from '../token/arrange.ts'
import { contentsOf } from '../token/contents.ts'
import { endInvite, insertGroup, inviteAll, inviteOne, join } from './arrange.ts'

const fortnight = 14 * 24 * 60 * 60 * 1000

let postern: Postern
let owner: Client
let acme: string
let people: Record<'ada' | 'grace' | 'mia', Person>

beforeAll(async () => {
  postern = await startPostern()
  owner = await postern.signInAsAdministrator()
  acme = await createOrganization(owner, 'acme')
  const [ada, grace, mia] = await Promise.all([postern.signUp('ada'), postern.signUp('grace'), postern.signUp('mia')])
  people = { ada, grace, mia }
  await join(owner, mia)
})
afterAll(() => postern.stop())

async function openInvites() {
  const { organization } = await owner.execute(InvitesDocument, { organization: 'acme' })
  return organization?.invites.nodes ?? []
}

describe('inviteMembers', () => {
  it('invites people by username and by address, as members by default', async () => {
    const from = Date.now()
    const { results, userErrors } = await inviteAll(owner, ['ada', ' someone@example.com '])
    expect(userErrors).toEqual([])
    expect(results?.map(({ invitee }) => invitee)).toEqual(['ada', ' someone@example.com '])
    for (const result of results ?? []) {
      expect(result).toMatchObject({ invite: { role: 'MEMBER' }, userErrors: [] })
      expect(result.invite?.id).toMatch(/^inv_/)
      const expiresAt = Date.parse(result.invite?.expiresAt ?? '')
      expect(expiresAt).toBeGreaterThanOrEqual(from + fortnight)
      expect(expiresAt).toBeLessThanOrEqual(Date.now() + fortnight)
    }
    const events = (await recordedActivity(postern, 'acme')).filter(({ action }) => action === 'member.invite')
    for (const invitee of ['ada', 'someone@example.com']) {
      const invite = (await openInvites()).find((each) => each.invitee === invitee)
      expect(invite).toMatchObject({ role: 'MEMBER', group: null, invitedBy: { username: 'admin' } })
      const written = events.filter(({ target }) => target === invitee)
      expect(written).toMatchObject([{ actorName: 'admin', data: { role: 'MEMBER' } }])
    }
  })

  it('reports an error for each person who cannot be invited, in the given order, and invites the others', async () => {
    const given = ['nobody', 'grace', 'mia', 'Not A Name', 'grace', 'no@', 'Who@Example.com', 'who@example.COM', '']
    const { results, userErrors } = await inviteAll(owner, given, { role: 'EDITOR' })
    expect(userErrors).toEqual([])
    expect(results?.map(({ invitee }) => invitee)).toEqual(given)
    expect(results?.map((result) => faultsOf(result))).toEqual([
      ['NOT_FOUND input.invitees.0'],
      [],
      ['TAKEN input.invitees.2'],
      ['INVALID input.invitees.3'],
      ['INVALID input.invitees.4'],
      ['INVALID input.invitees.5'],
      [],
      ['INVALID input.invitees.7'],
      ['INVALID input.invitees.8'],
    ])
    expect(results?.map(({ invite }) => invite?.role ?? null)).toEqual([
      null,
      'EDITOR',
      null,
      null,
      null,
      null,
      'EDITOR',
      null,
      null,
    ])
    const invited = (await openInvites()).map(({ invitee }) => invitee)
    expect(new Set(invited)).toEqual(new Set(['Who@Example.com', 'grace', 'someone@example.com', 'ada']))
    // Newest first. Invites of one request have the same time.
    expect(invited.slice(2).toSorted()).toEqual(['ada', 'someone@example.com'])
  })

  it('inviteMembers does not disclose whose an address is, and invites the address of a member', async () => {
    const { results } = await inviteAll(owner, ['mia@example.com'])
    expect(results).toMatchObject([{ userErrors: [], invite: { role: 'MEMBER' } }])
  })

  it('renews an open invite: it keeps the id, and takes the new role, group and time', async () => {
    const group = await insertGroup(postern.em(), acme, 'developers')
    for (const [first, again] of [
      ['ada', 'ada'],
      ['lin@example.com', 'LIN@example.com'],
    ] as const) {
      const id = await inviteOne(owner, first, { role: 'EDITOR' })
      await postern.em().execute(`update invite set expires_at = now() + interval '1 hour' where id = ?`, [id])
      const { createdAt } = (await openInvites()).find((invite) => invite.id === id) ?? {}
      expect(await inviteOne(owner, again, { role: 'OWNER', group })).toBe(id)
      const [renewed, ...others] = (await openInvites()).filter((invite) => invite.id === id)
      expect(others).toEqual([])
      expect(renewed).toMatchObject({
        invitee: again,
        role: 'OWNER',
        group: { id: group, name: 'developers' },
        createdAt,
      })
      expect(Date.parse(renewed?.expiresAt ?? '')).toBeGreaterThan(Date.now() + fortnight - 60_000)
      expect((await recordedActivity(postern, 'acme')).at(-1)).toMatchObject({
        action: 'member.invite',
        target: again,
        data: { role: 'OWNER', group: 'developers', renewed: 'true' },
      })
      // A renewal without a group removes the group.
      expect(await inviteOne(owner, again)).toBe(id)
      expect((await openInvites()).find((invite) => invite.id === id)).toMatchObject({ role: 'MEMBER', group: null })
    }
  })

  it('creates a new invite after the old one expired', async () => {
    const id = await inviteOne(owner, 'late@example.com')
    await endInvite(postern.em(), id)
    expect((await openInvites()).map((invite) => invite.id)).not.toContain(id)
    const next = await inviteOne(owner, 'late@example.com')
    expect(next).not.toBe(id)
    expect((await recordedActivity(postern, 'acme')).at(-1)?.data).toEqual({ role: 'MEMBER' })
    expect(JSON.stringify(await contentsOf(postern.em()))).not.toContain(id)
  })

  it('keeps an invite whose group is deleted, without the group', async () => {
    const group = await insertGroup(postern.em(), acme, 'short-lived')
    const id = await inviteOne(owner, 'ada', { group })
    await postern.em().execute('delete from member_group where id = ?', [group])
    expect((await openInvites()).find((invite) => invite.id === id)).toMatchObject({ invitee: 'ada', group: null })
  })

  it('creates one invite for two simultaneous requests', async () => {
    const both = await Promise.all([inviteAll(owner, ['zoe@example.com']), inviteAll(owner, ['ZOE@example.com'])])
    const ids = both.flatMap(({ results }) => results?.map(({ invite }) => invite?.id) ?? [])
    expect(new Set(ids).size).toBe(1)
    expect((await openInvites()).filter(({ invitee }) => /zoe/i.test(invitee))).toHaveLength(1)
  })

  it('returns TAKEN for a person who becomes a member at the same time', async () => {
    const joining = await postern.signUp('joining')
    const change = async (em: EntityManager) => {
      await em.execute('select from organization where id = ? for no key update', [acme])
      await addMember(em, acme, joining.username, 'MEMBER')
    }
    const [payload] = await whileLocked(postern, change, [() => inviteAll(owner, [joining.username])])
    expect(payload?.results?.map((result) => faultsOf(result))).toEqual([['TAKEN input.invitees.0']])
  })

  it('takes as many statements for fifty people as for two', async () => {
    const addresses = (count: number, prefix: string) =>
      Array.from({ length: count }, (_, index) => `${prefix}${index}@example.com`)
    const statementsFor = async (count: number, prefix: string) =>
      (await statementsOf(() => inviteAll(owner, [...addresses(count - 1, prefix), 'grace']))).length
    expect(await statementsFor(50, 'fifty')).toBe(await statementsFor(2, 'two'))
  })
})

describe('an invalid input of inviteMembers', () => {
  it.each([
    ['no invitees', [], {}, 'INVALID input.invitees'],
    ['51 invitees', Array.from({ length: 51 }, (_, index) => `a${index}@example.com`), {}, 'INVALID input.invitees'],
    ['a missing group', ['ada'], { group: 'grp_01JD9Z3R5W8V0Q6T2YB4NCXHKM' }, 'NOT_FOUND input.group'],
    ['a malformed id of a group', ['ada'], { group: '\u0000' }, 'NOT_FOUND input.group'],
    ['a missing organization', ['ada'], { organization: 'absent' }, 'NOT_FOUND input.organization'],
  ])('returns an error for %s, and invites nobody', async (_, invitees, input, fault) => {
    const before = await databaseDigest(postern)
    const payload = await inviteAll(owner, invitees, input)
    expect(payload.results).toBeNull()
    expect(faultsOf(payload)).toEqual([fault])
    expect(await databaseDigest(postern)).toBe(before)
  })

  it('returns the same for the group of another organization and a missing one', async () => {
    const globex = await createOrganization(owner, 'globex')
    const group = await insertGroup(postern.em(), globex, 'theirs')
    const foreign = await inviteAll(owner, ['ada'], { group })
    expect(faultsOf(foreign)).toEqual(['NOT_FOUND input.group'])
    expect(foreign).toEqual(await inviteAll(owner, ['ada'], { group: 'grp_01JD9Z3R5W8V0Q6T2YB4NCXHKM' }))
  })

  it('returns the same for an invisible organization and a missing one', async () => {
    const { client } = people.grace
    const foreign = await inviteAll(client, ['ada'])
    expect(faultsOf(foreign)).toEqual(['NOT_FOUND input.organization'])
    expect(foreign).toEqual(await inviteAll(client, ['ada'], { organization: 'absent' }))
  })
})
