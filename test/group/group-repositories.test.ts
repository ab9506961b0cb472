import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  DeleteRepositoryDocument,
  GroupsDocument,
  type RepositoryAccess,
  type ScopeInput,
  SetGroupRepositoryAccessDocument,
  UpdateRepositoryDocument,
} from '../../schema/typed-documents.ts'
import { arrangeCallers, type CallerKind, type Callers } from '../harness/callers.ts'
import type { Client } from '../harness/client.ts'
import { insertPersonalToken } from '../harness/inserted-token.ts'
import { createRepository, generateToken, type Postern, startPostern } from '../harness/postern.ts'
import { faultsOf } from '../token/arrange.ts'
import { addToGroup, changesNothing, createGroup, removeFromGroup, setGroupAccess } from './arrange.ts'

let postern: Postern
let callers: Callers
let owner: Client
let group: string

beforeAll(async () => {
  postern = await startPostern()
  callers = await arrangeCallers(postern)
  owner = callers.all.owner.client
  for (const path of ['api', 'cli', 'web']) await createRepository(owner, `acme/${path}`)
  await createRepository(owner, 'acme/site', 'PUBLIC')
  await createRepository(callers.all.ownerElsewhere.client, 'globex/api')
  await createRepository(callers.all.ownerElsewhere.client, 'globex/site', 'PUBLIC')
  group = await createGroup(owner, 'developers')
})
afterAll(() => postern.stop())

/** The repositories of a group that a caller sees. */
async function shownTo(client: Client, search = 'developers'): Promise<Record<string, RepositoryAccess>> {
  const { organization } = await client.execute(GroupsDocument, { organization: 'acme', search })
  const [found] = organization?.groups.nodes ?? []
  return Object.fromEntries((found?.repositories ?? []).map(({ repository, access }) => [repository.name, access]))
}

async function tryToSetAccess(client: Client, repository: string, access: RepositoryAccess | null) {
  return (await client.execute(SetGroupRepositoryAccessDocument, { group, repository, access }))
    .setGroupRepositoryAccess
}

const ofOrganization = (...permissions: ScopeInput['permissions'][number][]): ScopeInput => ({
  resource: 'ORGANIZATION',
  path: 'acme',
  permissions,
})

async function tokenWith(...scopes: ScopeInput[]): Promise<Client> {
  return postern.client((await generateToken(owner, { scopes })).secret)
}

describe('setGroupRepositoryAccess', () => {
  it('sets, changes and removes access, and returns the changed group', async () => {
    const { group: received } = await tryToSetAccess(owner, 'acme/web', 'READ')
    expect(received).toEqual({
      id: group,
      name: 'developers',
      repositories: [{ access: 'READ', repository: { name: 'acme/web' } }],
    })
    await setGroupAccess(group, owner, 'acme/api', 'ADMIN')
    await setGroupAccess(group, owner, 'acme/web', 'WRITE')
    expect(await shownTo(owner)).toEqual({ 'acme/api': 'ADMIN', 'acme/web': 'WRITE' })
    await setGroupAccess(group, owner, 'acme/web', null)
    expect(await shownTo(owner)).toEqual({ 'acme/api': 'ADMIN' })
    await setGroupAccess(group, owner, 'acme/api', null)
  })

  it('writes nothing if nothing changes', async () => {
    await setGroupAccess(group, owner, 'acme/cli', 'READ')
    await changesNothing(postern, async () => {
      expect((await tryToSetAccess(owner, 'acme/cli', 'READ')).userErrors).toEqual([])
      expect((await tryToSetAccess(owner, 'acme/web', null)).userErrors).toEqual([])
    })
    await setGroupAccess(group, owner, 'acme/cli', null)
  })

  it.each([
    ['does not exist', 'acme/none'],
    ['belongs to another organization', 'globex/api'],
    ['is public, of another organization', 'globex/site'],
    ['has no namespace', 'api'],
    ['has a malformed name', 'acme/\u0000'],
  ])('returns the same error for a repository that %s', async (_, repository) => {
    await changesNothing(postern, async () => {
      const { userErrors } = await tryToSetAccess(owner, repository, 'READ')
      const message =
        'The organization has no repository of this name that you can see. Create it first, or check the name.'
      expect(userErrors).toEqual([{ code: 'NOT_FOUND', path: ['repository'], message }])
    })
  })

  it('lets a token with GROUP_EDIT set access to the repositories that it sees only', async () => {
    const blind = await tokenWith(ofOrganization('GROUP_EDIT'))
    expect(faultsOf(await tryToSetAccess(blind, 'acme/api', 'READ'))).toEqual(['NOT_FOUND repository'])
    expect(faultsOf(await tryToSetAccess(blind, 'acme/none', 'READ'))).toEqual(['NOT_FOUND repository'])
    const seeing = await tokenWith(ofOrganization('GROUP_EDIT', 'REPOSITORY_LIST'))
    expect(faultsOf(await tryToSetAccess(seeing, 'acme/api', 'READ'))).toEqual([])
    expect(await shownTo(owner)).toEqual({ 'acme/api': 'READ' })
    await setGroupAccess(group, owner, 'acme/api', null)
  })

  it('ends with the repository, and does not apply to a later one of the same name', async () => {
    await createRepository(owner, 'acme/brief')
    await setGroupAccess(group, owner, 'acme/brief', 'WRITE')
    await owner.execute(DeleteRepositoryDocument, { name: 'acme/brief' })
    expect(await shownTo(owner)).toEqual({})
    await createRepository(owner, 'acme/brief')
    expect(await shownTo(owner)).toEqual({})
  })

  it('never applies to a repository that is deleted at the same time', async () => {
    for (let round = 0; round < 5; round++) {
      await createRepository(owner, 'acme/racing')
      const [payload] = await Promise.all([
        tryToSetAccess(owner, 'acme/racing', 'READ'),
        owner.execute(DeleteRepositoryDocument, { name: 'acme/racing' }),
      ])
      expect([[], ['NOT_FOUND repository']]).toContainEqual(faultsOf(payload))
      expect(await shownTo(owner)).toEqual({})
    }
  })
})

describe('Group.repositories', () => {
  const all = { 'acme/api': 'ADMIN', 'acme/cli': 'READ', 'acme/site': 'WRITE' }

  beforeAll(async () => {
    await setGroupAccess(group, owner, 'acme/api', 'ADMIN')
    await setGroupAccess(group, owner, 'acme/cli', 'READ')
    await setGroupAccess(group, owner, 'acme/site', 'WRITE')
  })

  it.each<[CallerKind, Record<string, string>]>([
    ['member', { 'acme/site': 'WRITE' }],
    ['editor', all],
    ['owner', all],
    ['companyOwner', all],
    ['token', all],
  ])('shows the %s, who is not in the group, the repositories that they may see', async (kind, shown) => {
    expect(await shownTo(callers.all[kind].client)).toEqual(shown)
  })

  it('shows a member the repositories that any of their groups has access to', async () => {
    const { client } = callers.all.member
    await addToGroup(group, owner, 'member')
    expect(await shownTo(client)).toEqual(all)
    await removeFromGroup(group, owner, 'member')
    expect(await shownTo(client)).toEqual({ 'acme/site': 'WRITE' })
    const other = await createGroup(owner, 'others')
    await setGroupAccess(other, owner, 'acme/cli', 'WRITE')
    await addToGroup(other, owner, 'member')
    expect(await shownTo(client)).toEqual({ 'acme/cli': 'READ', 'acme/site': 'WRITE' })
    await removeFromGroup(other, owner, 'member')
  })

  it('follows the visibility of a repository', async () => {
    const { client } = callers.all.member
    const show = (visibility: 'PUBLIC' | 'PRIVATE') =>
      owner.execute(UpdateRepositoryDocument, { name: 'acme/api', input: { visibility } })
    await show('PUBLIC')
    expect(await shownTo(client)).toEqual({ 'acme/api': 'ADMIN', 'acme/site': 'WRITE' })
    await show('PRIVATE')
    expect(await shownTo(client)).toEqual({ 'acme/site': 'WRITE' })
  })

  it('shows a token the repositories that its scopes cover', async () => {
    const reading = ofOrganization('GROUP_READ')
    expect(await shownTo(await tokenWith(reading))).toEqual({})
    expect(await shownTo(await tokenWith(ofOrganization('GROUP_READ', 'REPOSITORY_LIST')))).toEqual(all)
    const named: ScopeInput = { resource: 'REPOSITORY', path: 'acme/cli', permissions: ['IMAGE_PULL'] }
    expect(await shownTo(await tokenWith(reading, named))).toEqual({ 'acme/cli': 'READ' })
  })

  it('shows a personal token the repositories that its person and its access cover', async () => {
    const tokenOf = async (username: string, access: 'PUBLIC_READ' | 'READ') =>
      postern.client((await insertPersonalToken(postern, username, access)).password)
    expect(await shownTo(await tokenOf('editor', 'READ'))).toEqual(all)
    expect(await shownTo(await tokenOf('member', 'READ'))).toEqual({ 'acme/site': 'WRITE' })
    await addToGroup(group, owner, 'member')
    expect(await shownTo(await tokenOf('member', 'READ'))).toEqual(all)
    await removeFromGroup(group, owner, 'member')
  })
})

describe('the list of the repositories of groups', () => {
  it('is invalid with more than 2,000 in all, which bounds the time of the statement', async () => {
    const large = await createGroup(owner, 'large')
    const codes = () => owner.codesOf(GroupsDocument, { organization: 'acme', search: 'large' })
    const addRepositories = (from: number, to: number) =>
      postern.em().execute(
        `with acme as (select id from namespace where name = 'acme'), made as (
           insert into repository (namespace_id, id, path, visibility, created_at)
           select acme.id, 'rep_' || lpad(n::text, 26, '0'), 'many-' || n, 'PRIVATE', now()
           from acme, generate_series(?::int, ?::int) as n returning namespace_id, id
         )
         insert into group_repository (organization_id, repository_id, group_id, access)
         select namespace_id, id, ?, 'READ' from made`,
        [from, to, large],
      )
    await addRepositories(1, 2_000)
    expect(await codes()).toEqual([])
    await addRepositories(2_001, 2_001)
    expect(await codes()).toEqual(['BAD_USER_INPUT'])
    expect(Object.keys(await shownTo(owner))).toContain('acme/api')
  })
})
