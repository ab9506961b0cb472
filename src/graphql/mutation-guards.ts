import {
  requireInOrganization,
  requireOrganizationEditor,
  requireOrganizationGovernor,
} from '../domain/account/require-organization.ts'
import { requireOrganizationOfCompany } from '../domain/company/remove-organization-from-company.ts'
import { requireCompany } from '../domain/company/require-company.ts'
import { requireEditorOfGroup, requireReaderOfGroup } from '../domain/group/require-group.ts'
import { requireCancellableInvite, requireOwnInvite } from '../domain/member/require-invite.ts'
import { requireMemberEditor } from '../domain/member/require-member.ts'
import { parseRepositoryName } from '../domain/model/repository-name.ts'
import { throwUnknownDelivery } from '../domain/notice/replay-delivery.ts'
import { throwUnknownWebhook } from '../domain/notice/require-webhook.ts'
import {
  effectiveRole,
  hasOrganizationPermission,
  mayEditOrganization,
  mayManageTokens,
  type OrganizationPermission,
} from '../domain/policy/policy.ts'
import { organizationAccessByName, type Principal } from '../domain/policy/principal.ts'
import { requireActor, requirePerson, tokenLacks } from '../domain/policy/require.ts'
import { requireNamespace } from '../domain/repository/create-repository.ts'
import { requireRepository } from '../domain/repository/find-repository.ts'
import { permissionToUpdate, type UpdateRepositoryInput } from '../domain/repository/update-repository.ts'
import { type IdPrefix, idPrefixOf } from '../domain/shared/id.ts'
import { checkSelfRotation } from '../domain/token/lock-rotatable-token.ts'
import { throwUnknownToken } from '../domain/token/require-token.ts'
import type { Context } from './context.ts'
import { rule } from './shield.ts'

/*
 * Guards of mutations that look up what the arguments name. They throw what the verb would throw, so that a resource
 * that the caller cannot see looks like one that does not exist. `returnUserErrors` returns invalid inputs as data.
 */

const guard = <Args>(check: (context: Context, args: Args) => unknown) =>
  rule({ cache: 'no_cache' })(async (_parent, args, context: Context) => {
    try {
      await check(context, args as Args)
      return true
    } catch (error) {
      return error instanceof Error ? error : new Error('A guard failed.', { cause: error })
    }
  })

type Id = { readonly id: string }
type OrganizationName = { readonly name: string; readonly path: readonly string[] }
type NameIn = (args: never) => OrganizationName

/** The organization that an operation names. */
export const organizationArg = ({ organization }: { organization: string }): OrganizationName => ({
  name: organization,
  path: ['organization'],
})
export const inputOrganizationArg = ({ input }: { input: { organization: string } }): OrganizationName => ({
  name: input.organization,
  path: ['input', 'organization'],
})

export const ownerOf = (nameIn: NameIn) =>
  guard<never>(async ({ em, principal }, args) => {
    requirePerson(principal)
    const { name, path } = nameIn(args)
    if (!owns(principal, name)) await requireOrganizationEditor(em, principal, name, path)
  })
export const governorOf = (nameIn: NameIn) =>
  guard<never>(async ({ em, principal }, args) => {
    requirePerson(principal)
    const { name, path } = nameIn(args)
    if (!owns(principal, name)) await requireOrganizationGovernor(em, principal, name, path)
  })
export const ownerOrTokenWith = (permission: OrganizationPermission, nameIn: NameIn) =>
  guard<never>(async ({ em, principal }, args) => {
    requireActorWith(principal, permission)
    const { name, path } = nameIn(args)
    if (!owns(principal, name)) await requireInOrganization(em, principal, name, path, permission)
  })
export const memberEditor = guard<{ organization: string; username: string }>(
  async (context, { organization, username }) => {
    requireActorWith(context.principal, 'MEMBER_EDIT')
    if (!owns(context.principal, organization)) await requireMemberEditor(context, organization, username)
  },
)

export const tokenManagerById = guard<Id>((context, { id }) => requireTokenManagerById(context, id))
export const tokenRotator = guard<Id>(async (context, { id }) => {
  const { principal, loaders } = context
  if (principal.kind !== 'ORGANIZATION_TOKEN') return requireTokenManagerById(context, id)
  const organization = await loaders.organizationById.load(principal.organization.id)
  checkSelfRotation(principal, id, organization ?? throwUnknownToken())
})
export const webhookManager = guard<Id>(async (context, { id }) => {
  if (!(await editsOrganizationOf(context, 'whk', id))) throwUnknownWebhook()
})
export const deliveryManager = guard<Id>(async (context, { id }) => {
  if (!(await editsOrganizationOf(context, 'whd', id))) throwUnknownDelivery()
})
export const groupEditorById = guard<Id>((context, { id }) => requireGroupEditorById(context, id, ['id']))
export const groupEditor = guard<{ group: string }>((context, { group }) =>
  requireGroupEditorById(context, group, ['group']),
)
export const groupEditorOrSelf = guard<{ group: string; username: string }>(async (context, { group, username }) => {
  const { principal } = context
  if (principal.kind !== 'SESSION' || principal.user.username !== username)
    return requireGroupEditorById(context, group, ['group'])
  requireReaderOfGroup(principal, await namespaceIdOf(context, 'grp', group), ['group'])
})

export const invitee = guard<Id>((context, { id }) => requireOwnInvite(context, id))
export const inviteCanceler = guard<Id>((context, { id }) => {
  requireActorWith(context.principal, 'INVITE_EDIT')
  return requireCancellableInvite(context, id)
})

export const repositoryCreator = guard<{ input: { name: string } }>(async (context, { input }) => {
  requireActor(context.principal)
  const name = parseRepositoryName(input.name)
  // The verb returns the errors of a malformed name, together with those of the other input.
  if (name !== null) await requireNamespace(context, name.namespace)
})
export const repositoryEditor = guard<{ name: string; input: UpdateRepositoryInput }>((context, { name, input }) =>
  requireRepository(context, name, permissionToUpdate(input)),
)
export const repositoryAdministrator = guard<{ name: string }>((context, { name }) =>
  requireRepository(context, name, 'REPOSITORY_ADMIN'),
)

export const companyManager = guard<{ company: string }>((context, { company }) => requireCompany(context, company))
export const companyAndOrganizationManager = guard<{ company: string; organization: string }>(
  async (context, { company, organization }) => {
    await requireCompany(context, company)
    await requireOrganizationGovernor(context.em, context.principal, organization, ['organization'])
  },
)
export const companyOrOrganizationManager = guard<{ company: string; organization: string }>(
  (context, { company, organization }) => requireOrganizationOfCompany(context, company, organization),
)

/** Whether the caller owns an organization, by the roles that the request was authenticated with. */
function owns(principal: Principal, organizationName: string): boolean {
  return effectiveRole(organizationAccessByName(principal, organizationName)) === 'OWNER'
}

/** Throws `Denied` for anonymous callers, personal tokens, and organization tokens without this permission. */
function requireActorWith(principal: Principal, permission: OrganizationPermission): void {
  const actor = requireActor(principal)
  if (actor.kind === 'ORGANIZATION_TOKEN' && !hasOrganizationPermission(actor, actor.organization.id, permission))
    throw tokenLacks(permission)
}

async function requireTokenManagerById(context: Context, id: string): Promise<void> {
  requirePerson(context.principal)
  const ownerId = await namespaceIdOf(context, 'tok', id)
  if (ownerId === null || !mayManageTokens(context.principal, ownerId)) throwUnknownToken()
}

async function requireGroupEditorById(context: Context, id: string, path: readonly string[]): Promise<void> {
  requireActorWith(context.principal, 'GROUP_EDIT')
  requireEditorOfGroup(context.principal, await namespaceIdOf(context, 'grp', id), path)
}

async function editsOrganizationOf(context: Context, prefix: IdPrefix, id: string): Promise<boolean> {
  requirePerson(context.principal)
  const organizationId = await namespaceIdOf(context, prefix, id)
  return organizationId !== null && mayEditOrganization(context.principal, organizationId)
}

/** The namespace that something is in. Null if the id has another prefix, or nothing has it. */
async function namespaceIdOf({ loaders }: Context, prefix: IdPrefix, id: string): Promise<string | null> {
  return idPrefixOf(id) === prefix ? loaders.namespaceIdOf.load(id) : null
}
