import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  CreateGroupDocument,
  type CreateGroupInput,
  DeleteGroupDocument,
  GroupsDocument,
  NodeDocument,
  UpdateGroupDocument,
  type UpdateGroupInput,
} from '../../schema/typed-documents.ts'
import { arrangeCallers, type CallerKind, type Callers } from '../harness/callers.ts'
import type { Client } from '../harness/client.ts'
import { generateToken, type Postern, startPostern } from '../harness/postern.ts'
import { faultsOf } from '../token/arrange.ts'
import { changesNothing, createGroup } from './arrange.ts'

let postern: Postern
let callers: Callers
let owner: Client

beforeAll(async () => {
  postern = await startPostern()
  callers = await arrangeCallers(postern)
  owner = callers.all.owner.client
})
afterAll(() => postern.stop())

async function tryToCreate(client: Client, input: Partial<CreateGroupInput>) {
  const variables = { input: { organization: 'acme', name: 'testers', ...input } }
  return (await client.execute(CreateGroupDocument, variables)).createGroup
}

async function tryToUpdate(client: Client, id: string, input: UpdateGroupInput) {
  return (await client.execute(UpdateGroupDocument, { id, input })).updateGroup
}

async function groupsOf(organization: string, client = owner) {
  const response = await client.execute(GroupsDocument, { organization, first: 50 })
  return response.organization?.groups.nodes ?? []
}

describe('createGroup', () => {
  it('creates a group without members and repositories', async () => {
    const { group, userErrors } = await tryToCreate(owner, { name: 'a-team', description: ' Those who build ' })
    expect(userErrors).toEqual([])
    expect(group).toEqual({
      id: expect.stringMatching(/^grp_[0-9A-Z]{26}$/),
      name: 'a-team',
      description: 'Those who build',
    })
    const [listed] = await groupsOf('acme')
    expect(listed).toEqual({ ...group, members: { totalCount: 0, nodes: [] }, repositories: [] })
  })

  it.each<CallerKind>(['owner', 'companyOwner', 'token'])(
    'createGroup is allowed to the %s of the organization',
    async (kind) => {
      const name = `by-${kind.toLowerCase()}`
      const { group } = await tryToCreate(callers.all[kind].client, { name })
      expect(group).toMatchObject({ name })
    },
  )

  it('requires GROUP_EDIT of a token, which no other permission includes', async () => {
    const tokenWith = async (permission: 'GROUP_EDIT' | 'GROUP_READ' | 'MEMBER_EDIT') => {
      const scopes = [{ resource: 'ORGANIZATION' as const, path: 'acme', permissions: [permission] }]
      return postern.client((await generateToken(owner, { scopes })).secret)
    }
    expect((await tryToCreate(await tokenWith('GROUP_EDIT'), { name: 'by-a-token' })).userErrors).toEqual([])
    for (const client of [await tokenWith('GROUP_READ'), await tokenWith('MEMBER_EDIT')]) {
      const input = { organization: 'acme', name: 'by-another' }
      await changesNothing(postern, async () =>
        expect(await client.codesOf(CreateGroupDocument, { input })).toEqual(['FORBIDDEN']),
      )
    }
  })

  it.each(['a', '1', 'a1', 'front-end', 'a--b', 'x'.repeat(60)])('accepts the name %s', async (name) => {
    expect((await tryToCreate(owner, { name })).group?.name).toBe(name)
  })

  it.each(['', ' ', 'A', 'Front', 'a b', 'a_b', 'a.b', 'a/b', '-a', 'a-', 'ä', 'x'.repeat(61), 'a\u0000', ' a'])(
    'createGroup is INVALID with the name %j',
    async (name) => {
      await changesNothing(postern, async () =>
        expect(faultsOf(await tryToCreate(owner, { name }))).toEqual(['INVALID input.name']),
      )
    },
  )

  it('reports all errors together', async () => {
    const input = { name: 'A b', description: 'x'.repeat(201) }
    expect(faultsOf(await tryToCreate(owner, input))).toEqual(['INVALID input.name', 'INVALID input.description'])
  })

  it('returns TAKEN for a name that is in use in the same organization', async () => {
    await createGroup(owner, 'named-once')
    await changesNothing(postern, async () =>
      expect(faultsOf(await tryToCreate(owner, { name: 'named-once' }))).toEqual(['TAKEN input.name']),
    )
    await createGroup(callers.all.ownerElsewhere.client, 'named-once', 'globex')
  })

  it('gives a name to one of many simultaneous requests', async () => {
    const payloads = await Promise.all(Array.from({ length: 8 }, () => tryToCreate(owner, { name: 'wanted' })))
    expect(payloads.flatMap(faultsOf)).toEqual(Array(7).fill('TAKEN input.name'))
    expect((await groupsOf('acme')).filter(({ name }) => name === 'wanted')).toHaveLength(1)
  })
})

describe('updateGroup', () => {
  it('changes the given fields, and keeps the others', async () => {
    const id = await createGroup(owner, 'before')
    const described = await tryToUpdate(owner, id, { description: 'What it is for' })
    expect(described.group).toEqual({ id, name: 'before', description: 'What it is for' })
    const renamed = await tryToUpdate(owner, id, { name: 'after' })
    expect(renamed.group).toEqual({ id, name: 'after', description: 'What it is for' })
    expect((await groupsOf('acme')).filter(({ id: each }) => each === id)).toMatchObject([renamed.group])
    expect((await tryToUpdate(owner, id, { description: null })).group).toMatchObject({ description: null })
    // The old name is free.
    await createGroup(owner, 'before')
  })

  it('writes nothing if nothing changes', async () => {
    const id = await createGroup(owner, 'still')
    await changesNothing(postern, async () => {
      for (const input of [{}, { name: 'still' }, { description: null }, { name: 'still', description: ' ' }])
        expect((await tryToUpdate(owner, id, input)).group).toEqual({ id, name: 'still', description: null })
    })
  })

  it('returns an error for a malformed name, a taken name, and a long description', async () => {
    const id = await createGroup(owner, 'refusing')
    await createGroup(owner, 'in-use')
    await changesNothing(postern, async () => {
      for (const name of ['', 'No', null])
        expect(faultsOf(await tryToUpdate(owner, id, { name }))).toEqual(['INVALID input.name'])
      expect(faultsOf(await tryToUpdate(owner, id, { name: 'in-use' }))).toEqual(['TAKEN input.name'])
      const description = 'x'.repeat(201)
      expect(faultsOf(await tryToUpdate(owner, id, { description }))).toEqual(['INVALID input.description'])
    })
  })
})

describe('deleteGroup', () => {
  it('deletes the group, once', async () => {
    const id = await createGroup(owner, 'going')
    const deleted = await owner.execute(DeleteGroupDocument, { id })
    expect(deleted.deleteGroup).toEqual({ deletedId: id, userErrors: [] })
    expect((await groupsOf('acme')).map(({ name }) => name)).not.toContain('going')
    expect((await owner.execute(NodeDocument, { id })).node).toBeNull()
    expect(faultsOf((await owner.execute(DeleteGroupDocument, { id })).deleteGroup)).toEqual(['NOT_FOUND id'])
    await createGroup(owner, 'going')
  })
})

describe('a group', () => {
  it('a group is found by its id by callers who see the groups of its organization', async () => {
    const id = await createGroup(owner, 'found')
    const seeing = ['member', 'editor', 'owner', 'companyOwner', 'token']
    for (const { kind, client } of Object.values(callers.all)) {
      const { node } = await client.execute(NodeDocument, { id })
      expect([kind, node]).toEqual([kind, seeing.includes(kind) ? { __typename: 'Group', id, name: 'found' } : null])
    }
  })

  it.each([
    ['the id of a missing group', 'grp_01ARZ3NDEKTSV4RRFFQ69G5FAV'],
    ['the id of another kind of object', 'org_01ARZ3NDEKTSV4RRFFQ69G5FAV'],
    ['a name', 'developers'],
    ['nothing', ''],
  ])('a group is not found by %s', async (_, id) => {
    expect(faultsOf(await tryToUpdate(owner, id, { name: 'x' }))).toEqual(['NOT_FOUND id'])
    expect((await owner.execute(NodeDocument, { id })).node).toBeNull()
  })
})
