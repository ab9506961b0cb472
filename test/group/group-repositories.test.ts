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
import { changesNothing, createGroup, give, putInto, takeOutOf } from './arrange.ts'

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

/** What a caller is shown of a group's repositories. */
async function shownTo(client: Client, search = 'developers'): Promise<Record<string, RepositoryAccess>> {
  const { organization } = await client.execute(GroupsDocument, { organization: 'acme', search })
  const [found] = organization?.groups.nodes ?? []
  return Object.fromEntries((found?.repositories ?? []).map(({ repository, access }) => [repository.name, access]))
}

async function tryToGive(client: Client, repository: string, access: RepositoryAccess | null) {
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
  it('gives, changes and takes away, and answers the group as it is then', async () => {
    const { group: answered } = await tryToGive(owner, 'acme/web', 'READ')
    expect(answered).toEqual({
      id: group,
      name: 'developers',
      repositories: [{ access: 'READ', repository: { name: 'acme/web' } }],
    })
    await give(group, owner, 'acme/api', 'ADMIN')
    await give(group, owner, 'acme/web', 'WRITE')
    expect(await shownTo(owner)).toEqual({ 'acme/api': 'ADMIN', 'acme/web': 'WRITE' })
    await give(group, owner, 'acme/web', null)
    expect(await shownTo(owner)).toEqual({ 'acme/api': 'ADMIN' })
    await give(group, owner, 'acme/api', null)
  })

  it('writes nothing where that is so already', async () => {
    await give(group, owner, 'acme/cli', 'READ')
    await changesNothing(postern, async () => {
      expect((await tryToGive(owner, 'acme/cli', 'READ')).userErrors).toEqual([])
      expect((await tryToGive(owner, 'acme/web', null)).userErrors).toEqual([])
    })
    await give(group, owner, 'acme/cli', null)
  })

  it.each([
    ['does not exist', 'acme/none'],
    ['belongs to another organization', 'globex/api'],
    ['is public, of another organization', 'globex/site'],
    ['is written without its namespace', 'api'],
    ['is no name', 'acme/\u0000'],
  ])('refuses a repository that %s, in the same words', async (_, repository) => {
    await changesNothing(postern, async () => {
      const { userErrors } = await tryToGive(owner, repository, 'READ')
      const message =
        'The organization has no repository of this name that you can see. Create it first, or check the name.'
      expect(userErrors).toEqual([{ code: 'NOT_FOUND', path: ['repository'], message }])
    })
  })

  it('lets a token with GROUP_EDIT give what it sees, and no other', async () => {
    const blind = await tokenWith(ofOrganization('GROUP_EDIT'))
    expect(faultsOf(await tryToGive(blind, 'acme/api', 'READ'))).toEqual(['NOT_FOUND repository'])
    expect(faultsOf(await tryToGive(blind, 'acme/none', 'READ'))).toEqual(['NOT_FOUND repository'])
    const seeing = await tokenWith(ofOrganization('GROUP_EDIT', 'REPOSITORY_LIST'))
    expect(faultsOf(await tryToGive(seeing, 'acme/api', 'READ'))).toEqual([])
    expect(await shownTo(owner)).toEqual({ 'acme/api': 'READ' })
    await give(group, owner, 'acme/api', null)
  })

  it('goes with the repository, and does not come back with its name', async () => {
    await createRepository(owner, 'acme/brief')
    await give(group, owner, 'acme/brief', 'WRITE')
    await owner.execute(DeleteRepositoryDocument, { name: 'acme/brief' })
    expect(await shownTo(owner)).toEqual({})
    await createRepository(owner, 'acme/brief')
    expect(await shownTo(owner)).toEqual({})
  })

  it('never gives a repository that is deleted at that moment', async () => {
    for (let round = 0; round < 5; round++) {
      await createRepository(owner, 'acme/racing')
      const [payload] = await Promise.all([
        tryToGive(owner, 'acme/racing', 'READ'),
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
    await give(group, owner, 'acme/api', 'ADMIN')
    await give(group, owner, 'acme/cli', 'READ')
    await give(group, owner, 'acme/site', 'WRITE')
  })

  it.each<[CallerKind, Record<string, string>]>([
    ['member', { 'acme/site': 'WRITE' }],
    ['editor', all],
    ['owner', all],
    ['companyOwner', all],
    ['token', all],
  ])('shows the %s, who is not in the group, what they may see', async (kind, shown) => {
    expect(await shownTo(callers.all[kind].client)).toEqual(shown)
  })

  it('shows a member what a group of theirs is given, whichever group that is', async () => {
    const { client } = callers.all.member
    await putInto(group, owner, 'member')
    expect(await shownTo(client)).toEqual(all)
    await takeOutOf(group, owner, 'member')
    expect(await shownTo(client)).toEqual({ 'acme/site': 'WRITE' })
    const other = await createGroup(owner, 'others')
    await give(other, owner, 'acme/cli', 'WRITE')
    await putInto(other, owner, 'member')
    expect(await shownTo(client)).toEqual({ 'acme/cli': 'READ', 'acme/site': 'WRITE' })
    await takeOutOf(other, owner, 'member')
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

  it('shows a token what its scopes let it see', async () => {
    const reading = ofOrganization('GROUP_READ')
    expect(await shownTo(await tokenWith(reading))).toEqual({})
    expect(await shownTo(await tokenWith(ofOrganization('GROUP_READ', 'REPOSITORY_LIST')))).toEqual(all)
    const named: ScopeInput = { resource: 'REPOSITORY', path: 'acme/cli', permissions: ['IMAGE_PULL'] }
    expect(await shownTo(await tokenWith(reading, named))).toEqual({ 'acme/cli': 'READ' })
  })

  it('shows a personal token what its person may see and its access leaves', async () => {
    const tokenOf = async (username: string, access: 'PUBLIC_READ' | 'READ') =>
      postern.client((await insertPersonalToken(postern, username, access)).password)
    expect(await shownTo(await tokenOf('editor', 'READ'))).toEqual(all)
    expect(await shownTo(await tokenOf('member', 'READ'))).toEqual({ 'acme/site': 'WRITE' })
    await putInto(group, owner, 'member')
    expect(await shownTo(await tokenOf('member', 'READ'))).toEqual(all)
    await takeOutOf(group, owner, 'member')
  })
})

describe('the list of the repositories of groups', () => {
  it('is invalid beyond 2,000 together, which takes a statement of bounded time', async () => {
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
