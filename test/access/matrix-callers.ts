import type { Permission, ScopeInput } from '../../schema/typed-documents.ts'
import { AccessToken } from '../../src/domain/model/access-token.ts'
import { Group, GroupMembership, GroupRepository } from '../../src/domain/model/group.ts'
import { permissionResource } from '../../src/domain/model/permission.ts'
import { newId } from '../../src/domain/shared/id.ts'
import {
  addMember,
  arrangeCallers,
  type Caller,
  type Callers,
  callerKinds,
  removeMember,
  userIdOf,
} from '../harness/callers.ts'
import { generatePersonalToken, type PersonalTokenToInsert } from '../harness/inserted-token.ts'
import { createRepository, generateToken, type Postern } from '../harness/postern.ts'

/** The private repository of `acme` that tokens for one repository name. */
export const namedRepository = 'acme/named'

/** Tokens of the owner of `acme`, by their access. */
export const personalTokens = {
  ownerPublicReadToken: 'PUBLIC_READ',
  ownerReadToken: 'READ',
  ownerReadWriteToken: 'READ_WRITE',
  ownerReadWriteDeleteToken: 'READ_WRITE_DELETE',
  ownerOneRepositoryToken: 'one repository',
} as const

/** Tokens of `acme` with one permission on its whole resource. */
const permissionTokens = {
  repositoryCreateToken: 'REPOSITORY_CREATE',
  repositoryListToken: 'REPOSITORY_LIST',
  repositoryReadToken: 'REPOSITORY_READ',
  repositoryEditToken: 'REPOSITORY_EDIT',
  repositoryAdminToken: 'REPOSITORY_ADMIN',
  imageDeleteToken: 'IMAGE_DELETE',
  memberReadToken: 'MEMBER_READ',
  memberEditToken: 'MEMBER_EDIT',
  inviteReadToken: 'INVITE_READ',
  inviteEditToken: 'INVITE_EDIT',
  groupReadToken: 'GROUP_READ',
  groupEditToken: 'GROUP_EDIT',
  activityReadToken: 'ACTIVITY_READ',
  reportReadToken: 'REPORT_READ',
  tokenReadToken: 'TOKEN_READ',
  tokenRotateSelfToken: 'TOKEN_ROTATE_SELF',
} as const satisfies Record<string, Permission>

/** Tokens of `acme`, by their scopes. */
export const organizationTokens = {
  token: 'everything',
  ...permissionTokens,
  oneRepositoryToken: 'one repository',
  publicRepositoriesToken: 'public repositories',
} as const

/** Tokens that cannot be used. */
export const unusableTokens = {
  deactivatedToken: 'deactivated',
  expiredToken: 'expired',
  deactivatedPersonalToken: 'deactivated',
  expiredPersonalToken: 'expired',
} as const

const newPeople = ['exMember', 'groupMember'] as const

export type MatrixCallerKind = keyof MatrixCallers['all']

/** A caller of each kind in the matrix. */
export interface MatrixCallers extends Callers {
  readonly all: Callers['all'] &
    Readonly<
      Record<
        | (typeof newPeople)[number]
        | keyof typeof personalTokens
        | keyof typeof organizationTokens
        | keyof typeof unusableTokens,
        Caller
      >
    >
  /** The repository that `groupMember` may push to. */
  readonly writers: Writers
}

/** A group of `acme`. */
export interface Writers {
  /** Its one member. */
  readonly userId: string
  /** Gives the group push access to a repository. */
  readonly giveAccess: (repositoryId: string) => Promise<void>
}

export const matrixCallerKinds: readonly MatrixCallerKind[] = [
  ...callerKinds,
  ...newPeople,
  ...keysOf(personalTokens),
  ...keysOf(organizationTokens).filter((kind) => kind !== 'token'),
  ...keysOf(unusableTokens),
]

function keysOf<Key extends string>(titles: Readonly<Record<Key, string>>): Key[] {
  return Object.keys(titles) as Key[]
}

/** The callers of the harness, and many others. */
export async function arrangeMatrixCallers(postern: Postern): Promise<MatrixCallers> {
  const { all, acmeId, globexId } = await arrangeCallers(postern)
  const namedId = await createRepository(all.owner.client, namedRepository)
  const exMember = await newPerson(postern, 'exMember', 'ex-member')
  await addMember(postern, acmeId, exMember.client, 'EDITOR')
  await removeMember(postern, acmeId, exMember.client)
  const groupMember = await newPerson(postern, 'groupMember', 'group-member')
  await addMember(postern, acmeId, groupMember.client, 'MEMBER')

  const ownerId = await userIdOf(all.owner.client)
  const personal = async (kind: string, token: PersonalTokenToInsert): Promise<Caller> => {
    const { id, secret } = await generatePersonalToken(postern, ownerId, token)
    return { kind, client: postern.client(secret), login: null, person: all.owner.person, tokenId: id }
  }
  const ofAcme = async (kind: string, path: string, permission: Permission): Promise<Caller> => {
    const scopes: ScopeInput[] = [{ resource: permissionResource(permission), path, permissions: [permission] }]
    const { id, secret } = await generateToken(all.owner.client, { scopes })
    return { kind, client: postern.client(secret), login: null, person: null, tokenId: id }
  }
  const withPermission = (kind: keyof typeof permissionTokens) => {
    const permission = permissionTokens[kind]
    return ofAcme(kind, permissionResource(permission) === 'REPOSITORY' ? 'acme/*' : 'acme', permission)
  }
  const aMinuteAgo = new Date(Date.now() - 60_000)
  const change = async (caller: Promise<Caller>, changes: { deactivatedAt: Date } | { expiresAt: Date }) => {
    const { tokenId, ...rest } = await caller
    await postern.em().nativeUpdate(AccessToken, { id: tokenId ?? '' }, changes)
    return { ...rest, tokenId }
  }
  return {
    acmeId,
    globexId,
    writers: await arrangeWriters(postern, acmeId, await userIdOf(groupMember.client)),
    all: {
      ...all,
      exMember,
      groupMember,
      ownerPublicReadToken: await personal('ownerPublicReadToken', { access: 'PUBLIC_READ' }),
      ownerReadToken: await personal('ownerReadToken', { access: 'READ' }),
      ownerReadWriteToken: await personal('ownerReadWriteToken', { access: 'READ_WRITE' }),
      ownerReadWriteDeleteToken: await personal('ownerReadWriteDeleteToken', {}),
      ownerOneRepositoryToken: await personal('ownerOneRepositoryToken', { repositoryIds: [namedId] }),
      ...(await entries(keysOf(permissionTokens), withPermission)),
      oneRepositoryToken: await ofAcme('oneRepositoryToken', namedRepository, 'REPOSITORY_ADMIN'),
      publicRepositoriesToken: await ofAcme('publicRepositoriesToken', '*/*/public', 'IMAGE_PULL'),
      deactivatedToken: await change(ofAcme('deactivatedToken', 'acme/*', 'REPOSITORY_ADMIN'), {
        deactivatedAt: aMinuteAgo,
      }),
      expiredToken: await change(ofAcme('expiredToken', 'acme/*', 'REPOSITORY_ADMIN'), { expiresAt: aMinuteAgo }),
      deactivatedPersonalToken: await personal('deactivatedPersonalToken', { deactivatedAt: aMinuteAgo }),
      expiredPersonalToken: await personal('expiredPersonalToken', { expiresAt: aMinuteAgo }),
    },
  }
}

async function newPerson(postern: Postern, kind: string, name: string): Promise<Caller> {
  const { client, username, password } = await postern.signUp(name)
  return { kind, client, login: { username, password }, person: { client, username }, tokenId: null }
}

async function entries<Key extends string>(
  keys: readonly Key[],
  create: (key: Key) => Promise<Caller>,
): Promise<Record<Key, Caller>> {
  const created: Array<[Key, Caller]> = []
  for (const key of keys) created.push([key, await create(key)])
  return Object.fromEntries(created) as Record<Key, Caller>
}

async function arrangeWriters(postern: Postern, organization: string, userId: string): Promise<Writers> {
  const em = postern.em()
  const now = new Date()
  const id = newId('grp', now)
  await em.insert(Group, { id, organization, name: 'writers', description: null, createdAt: now })
  await em.insert(GroupMembership, { group: id, user: userId, organization, joinedAt: now })
  return {
    userId,
    async giveAccess(repository) {
      await postern.em().insert(GroupRepository, { group: id, repository, organization, access: 'WRITE' })
    },
  }
}
