import type { EntityManager } from '@mikro-orm/postgresql'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  AcceptInviteDocument,
  CancelInviteDocument,
  ChangeMemberRoleDocument,
  InvitesDocument,
  NodeDocument,
  RemoveMemberDocument,
  ViewerInvitesDocument,
} from '../../schema/typed-documents.ts'
import { startApp } from '../../src/app.ts'
import { CompanyOwner } from '../../src/domain/model/company.ts'
import { databaseDigest } from '../access/database-digest.ts'
import { recordedActivity } from '../account/recorded-activity.ts'
import { addMember, createCompany } from '../harness/callers.ts'
import { Client } from '../harness/client.ts'
import { createOrganization, createRepository, type Person, type Postern, startPostern } from '../harness/postern.ts'
import { whileLocked } from '../repository/concurrently.ts'
import { faultsOf } from '../token/arrange.ts'
import { endInvite, groupMembers, insertGroup, inviteOne, join, rolesIn } from './arrange.ts'

const missing = 'inv_01JD9Z3R5W8V0Q6T2YB4NCXHKM'

let postern: Postern
let owner: Client
let acme: string
let created = 0

beforeAll(async () => {
  postern = await startPostern()
  owner = await postern.signInAsAdministrator()
  acme = await createOrganization(owner, 'acme')
})
afterAll(() => postern.stop())

const newPerson = (): Promise<Person> => postern.signUp(`person-${++created}`)

async function accept({ client }: { readonly client: Client }, id: string) {
  return (await client.execute(AcceptInviteDocument, { id })).acceptInvite
}

async function cancel(client: Client, id: string) {
  return (await client.execute(CancelInviteDocument, { id })).cancelInvite
}

async function ownInvites({ client }: { readonly client: Client }) {
  return (await client.execute(ViewerInvitesDocument, {})).viewer?.invites ?? []
}

describe('an open invite', () => {
  const remove = (username: string) =>
    owner.execute(RemoveMemberDocument, { organization: 'acme', username }).then(({ removeMember }) => removeMember)
  const appoint = (username: string, role: 'OWNER' | 'MEMBER') =>
    owner.execute(ChangeMemberRoleDocument, { organization: 'acme', username, role })

  it('lets nobody in again who was removed, also if they had joined through another', async () => {
    const person = await newPerson()
    const byName = await inviteOne(owner, person.username, { role: 'EDITOR' })
    const byAddress = await inviteOne(owner, `${person.username}@example.com`)
    await accept(person, byAddress)
    expect(faultsOf(await accept(person, byName))).toEqual(['NOT_FOUND id'])
    const again = await inviteOne(owner, `${person.username}@EXAMPLE.com`)
    expect(faultsOf(await remove(person.username))).toEqual([])
    expect(faultsOf(await accept(person, again))).toEqual(['NOT_FOUND id'])
  })

  it.each([
    ['removed', remove],
    ['no longer an owner', (username: string) => appoint(username, 'MEMBER')],
  ])('an open invite is invalid if its inviter was %s', async (_, end) => {
    const [giver, taker] = [await newPerson(), await newPerson()]
    await accept(giver, await inviteOne(owner, giver.username))
    await appoint(giver.username, 'OWNER')
    const ids = [
      await inviteOne(giver.client, taker.username, { role: 'OWNER' }),
      await inviteOne(giver.client, `${taker.username}@example.com`, { role: 'OWNER' }),
    ]
    await end(giver.username)
    for (const id of ids) expect(faultsOf(await accept(taker, id))).toEqual(['NOT_FOUND id'])
    expect(await ownInvites(taker)).toEqual([])
  })

  it('an open invite is invalid if its inviter was an owner of the company, and is one no longer', async () => {
    const [giver, taker] = [await newPerson(), await newPerson()]
    const company = await createCompany(postern, 'holding', [acme], [giver.client])
    const id = await inviteOne(giver.client, taker.username, { role: 'OWNER' })
    await postern.em().nativeDelete(CompanyOwner, { company })
    expect(faultsOf(await accept(taker, id))).toEqual(['NOT_FOUND id'])
  })
})

describe('acceptInvite', () => {
  it('adds the invited person as a member, with the role of the invite, visible in the same response', async () => {
    const person = await newPerson()
    const id = await inviteOne(owner, person.username, { role: 'EDITOR' })
    expect(await ownInvites(person)).toMatchObject([
      { id, organizationName: 'acme', role: 'EDITOR', group: null, invitedBy: { username: 'admin' } },
    ])
    expect(await accept(person, id)).toMatchObject({
      membership: { role: 'EDITOR' },
      organization: { id: acme, name: 'acme', viewerRole: 'EDITOR' },
      userErrors: [],
    })
    expect(await rolesIn(postern.em())).toMatchObject({ [person.username]: 'EDITOR' })
    expect((await recordedActivity(postern, 'acme')).at(-1)).toMatchObject({
      action: 'invite.accept',
      target: person.username,
      actorName: person.username,
      data: { role: 'EDITOR' },
    })
    await createRepository(person.client, `acme/of-${person.username}`)
  })

  it('takes effect for the rest of the same request', async () => {
    const person = await newPerson()
    const id = await inviteOne(owner, person.username, { role: 'EDITOR' })
    const { body } = await person.client.send({
      query: `mutation ($id: ID!, $name: String!) {
        acceptInvite(id: $id) { organization { viewerRole members { totalCount } } userErrors { code } }
        createRepository(input: { name: $name }) { repository { name } userErrors { code } }
      }`,
      variables: { id, name: `acme/at-once-${person.username}` },
    })
    expect(body).toMatchObject({
      data: { acceptInvite: { organization: { viewerRole: 'EDITOR' } }, createRepository: { userErrors: [] } },
    })
  })

  it('adds the person to the group of the invite', async () => {
    const person = await newPerson()
    const group = await insertGroup(postern.em(), acme, 'developers')
    const id = await inviteOne(owner, person.username, { group })
    expect(await ownInvites(person)).toMatchObject([{ group: { name: 'developers' } }])
    expect(await accept(person, id)).toMatchObject({ userErrors: [] })
    expect(await groupMembers(postern.em(), group)).toEqual([person.username])
    expect((await recordedActivity(postern, 'acme')).at(-1)?.data).toEqual({ role: 'MEMBER', group: 'developers' })
  })

  it('succeeds once, and deletes the invite', async () => {
    const person = await newPerson()
    const id = await inviteOne(owner, person.username)
    const both = await Promise.all([accept(person, id), accept(person, id)])
    expect(both.map((payload) => faultsOf(payload).join()).toSorted()).toEqual(['', 'NOT_FOUND id'])
    expect(await accept(person, id)).toEqual(await accept(person, missing))
    expect(await ownInvites(person)).toEqual([])
    const { organization } = await owner.execute(InvitesDocument, { organization: 'acme' })
    expect(organization?.invites.nodes.map((invite) => invite.id)).not.toContain(id)
  })

  it.each([
    ['EDITOR', 'MEMBER', 'EDITOR'],
    ['MEMBER', 'EDITOR', 'EDITOR'],
    ['EDITOR', 'OWNER', 'OWNER'],
    ['MEMBER', 'MEMBER', 'MEMBER'],
  ] as const)('acceptance by an %s who was invited as %s results in %s', async (held, invited, expected) => {
    const person = await newPerson()
    const group = await insertGroup(postern.em(), acme, `group of ${person.username}`)
    const id = await inviteOne(owner, `${person.username}@example.com`, { role: invited, group })
    // Like a sign-in through a provider.
    await addMember(postern, acme, person.client, held)
    expect(await accept(person, id)).toMatchObject({ membership: { role: expected }, userErrors: [] })
    expect(await rolesIn(postern.em())).toMatchObject({ [person.username]: expected })
    expect(await groupMembers(postern.em(), group)).toEqual([person.username])
  })

  it('accepts an invite to the address of the account, in any case', async () => {
    const person = await newPerson()
    const id = await inviteOne(owner, `${person.username.toUpperCase()}@Example.COM`)
    expect(await accept(person, id)).toMatchObject({ membership: { role: 'MEMBER' }, userErrors: [] })
  })

  it("returns the same for another person's invite, an expired one, a missing one, and a malformed id", async () => {
    const [person, other] = [await newPerson(), await newPerson()]
    const foreign = await inviteOne(owner, other.username)
    const ended = await inviteOne(owner, person.username)
    await endInvite(postern.em(), ended)
    const before = await databaseDigest(postern)
    const responses = new Set<string>()
    for (const id of [foreign, ended, missing, 'nonsense', '', '\u0000'])
      for (const payload of [await accept(person, id), await cancel(person.client, id)])
        responses.add(JSON.stringify(payload.userErrors))
    expect(responses.size).toBe(1)
    expect([...responses][0]).toContain('"NOT_FOUND"')
    for (const id of [foreign, ended, missing])
      expect((await person.client.execute(NodeDocument, { id })).node).toBeNull()
    expect(await databaseDigest(postern)).toBe(before)
    expect(await accept(other, foreign)).toMatchObject({ userErrors: [] })
  })

  it('adds to the organization only, if the group is deleted at the same time', async () => {
    const person = await newPerson()
    const group = await insertGroup(postern.em(), acme, 'dissolving')
    const id = await inviteOne(owner, person.username, { group })
    const deletion = (em: EntityManager) => em.execute('delete from member_group where id = ?', [group])
    const [payload] = await whileLocked(postern, deletion, [() => accept(person, id)])
    expect(payload).toMatchObject({ membership: { role: 'MEMBER' }, userErrors: [] })
    expect((await recordedActivity(postern, 'acme')).at(-1)?.data).toEqual({ role: 'MEMBER' })
  })

  it('uses the current state of the invite: renewed, or deleted', async () => {
    const [renewed, gone] = [await newPerson(), await newPerson()]
    const ids = [await inviteOne(owner, renewed.username), await inviteOne(owner, gone.username)]
    const change = async (em: EntityManager) => {
      await em.execute('select from organization where id = ? for no key update', [acme])
      await em.execute(`update invite set role = 'EDITOR' where id = ?`, [ids[0]])
      await em.execute('delete from invite where id = ?', [ids[1]])
    }
    const payloads = await whileLocked(postern, change, [
      () => accept(renewed, ids[0] ?? ''),
      () => accept(gone, ids[1] ?? ''),
    ])
    expect(payloads[0]).toMatchObject({ membership: { role: 'EDITOR' }, userErrors: [] })
    expect(payloads[1] && faultsOf(payloads[1])).toEqual(['NOT_FOUND id'])
  })

  it('acceptInvite is denied to those who manage the invite, with a message', async () => {
    const person = await newPerson()
    const id = await inviteOne(owner, person.username)
    expect(await owner.codesOf(AcceptInviteDocument, { id })).toEqual(['FORBIDDEN'])
    expect(await rolesIn(postern.em())).not.toHaveProperty(person.username)
  })
})

describe('cancelInvite', () => {
  it.each([
    ['takes an invite back', () => owner],
    ['declines it', null],
  ])('%s, so that nobody can accept it', async (_, byOwner) => {
    const person = await newPerson()
    const id = await inviteOne(owner, person.username)
    const client = byOwner?.() ?? person.client
    expect(await cancel(client, id)).toEqual({ deletedId: id, userErrors: [] })
    expect((await recordedActivity(postern, 'acme')).at(-1)).toMatchObject({
      action: 'invite.cancel',
      target: person.username,
      actorName: byOwner ? 'admin' : person.username,
    })
    expect(faultsOf(await accept(person, id))).toEqual(['NOT_FOUND id'])
    expect(faultsOf(await cancel(client, id))).toEqual(['NOT_FOUND id'])
    expect(await rolesIn(postern.em())).not.toHaveProperty(person.username)
  })

  it('succeeds or acceptInvite does, if both arrive at the same time', async () => {
    const person = await newPerson()
    const id = await inviteOne(owner, person.username)
    const [accepted, cancelled] = await Promise.all([accept(person, id), cancel(owner, id)])
    expect([accepted, cancelled].map((payload) => faultsOf(payload).join()).toSorted()).toEqual(['', 'NOT_FOUND id'])
    expect(Object.keys(await rolesIn(postern.em())).includes(person.username)).toBe(accepted.membership !== null)
  })

  it('cancelInvite is denied to members without a role', async () => {
    const [member, person] = [await newPerson(), await newPerson()]
    await join(owner, member)
    const id = await inviteOne(owner, person.username)
    expect(faultsOf(await cancel(member.client, id))).toEqual(['NOT_FOUND id'])
  })
})

describe('an invite to an address', () => {
  it('is listed for the owner of the address if sign-up is closed, and otherwise requires its id', async () => {
    const person = await newPerson()
    const id = await inviteOne(owner, `${person.username}@EXAMPLE.com`)
    expect(await ownInvites(person)).toEqual([])
    const closed = await startApp({ ...postern.config, allowSignUp: false })
    try {
      const client = new Client(closed.url, person.client.token)
      expect(await ownInvites({ client })).toMatchObject([{ id, organizationName: 'acme' }])
      // An account without an address is not invited by any.
      expect(await ownInvites({ client: new Client(closed.url, owner.token) })).toEqual([])
    } finally {
      await closed.stop()
    }
    expect((await person.client.execute(NodeDocument, { id })).node).toEqual({ __typename: 'Invite', id })
    expect(await accept(person, id)).toMatchObject({ userErrors: [] })
  })
})
