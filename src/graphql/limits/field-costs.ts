import { defaultActivityPageSize } from '../../domain/activity/list-activity.ts'
import { maxInvitees } from '../../domain/member/invite-members.ts'
import { permissions } from '../../domain/model/permission.ts'
import { maxUserErrors } from '../../domain/shared/errors.ts'
import { defaultPageSize, maxPageSize } from '../../domain/shared/page.ts'

/** What a field costs, beside one for itself and what its selections cost. */
export interface FieldCost {
  /** Statements for the field, whatever number of objects it stands on; or for each of them (`isPerObject`). */
  readonly statements: number
  /** Each object that the field stands on takes statements of its own. */
  readonly isPerObject?: boolean
  /** Fields of one object with the same lookup share its statement. */
  readonly lookup?: string
  /** How many objects the value holds; of a page, where no `first` is given. 1 when absent. */
  readonly items?: number
  /** Work that is slow on purpose, or that others do: a password is hashed, a provider is asked. One an operation. */
  readonly isSlow?: boolean
}

const page = { statements: 1, isPerObject: true, items: defaultPageSize }
/** A page that is looked up for all objects of a request at once. */
const batchedPage = { statements: 1, items: defaultPageSize }
const batched = { statements: 1 }
const perObject = { statements: 1, isPerObject: true }
const shared = (lookup: string) => ({ statements: 1, lookup })
const slow = { statements: 0, isSlow: true }
/** A list that takes no statement of its own. */
const list = (items: number) => ({ statements: 0, items })

// The accounts of one organization have few of these; a whole list may be longer than a page.
const shortList = 5

/**
 * The fields that cost more than to be read: `Type.field`, or `*.field` for all types that have no line of their own. The
 * start checks that the schema has these fields, and that every list of objects has a number of items. test/abuse counts
 * the statements.
 */
export const fieldCosts: Readonly<Record<string, FieldCost>> = {
  'Query.organization': batched,
  'Query.company': batched,
  'Query.user': batched,
  'Query.repository': batched,
  'Query.node': { statements: 2 },
  'Query.accessToken': batched,
  'Query.explainAccess': { statements: 3 },
  'Query.availablePermissions': list(permissions.length),
  'AccessExplanation.permissions': list(permissions.length),

  'Viewer.organization': batched,
  'Viewer.accessToken': batched,
  'Viewer.organizations': { ...page, isPerObject: false },
  'Viewer.companies': batchedPage,
  'Viewer.invites': batchedPage,

  'Organization.tokenLimit': batched,
  'Organization.accessTokens': page,
  'Organization.repositories': page,
  'Organization.activity': { ...page, items: defaultActivityPageSize },
  'Organization.company': batched,
  'Organization.groups': page,
  'Organization.members': page,
  'Organization.invites': page,
  'Organization.refusedAttempts': { ...perObject, items: defaultPageSize },
  'Organization.ssoProvider': batched,
  // Up to 10,000 rows; execution counts how many there are.
  'Organization.usageReport': { ...perObject, items: 5 * maxPageSize },
  'Organization.webhooks': page,

  'OrganizationConnection.totalCount': batched,
  'AccessTokenConnection.totalCount': batched,
  'RepositoryConnection.totalCount': batched,
  'RepositoryTagConnection.totalCount': batched,
  'ActivityEventConnection.totalCount': batched,
  'GroupConnection.totalCount': batched,
  'MembershipConnection.totalCount': batched,
  'InviteConnection.totalCount': batched,
  'WebhookConnection.totalCount': batched,
  'WebhookDeliveryConnection.totalCount': batched,

  'User.accessTokens': page,
  'User.usageLimit': batched,
  'User.refusedAttempts': { ...perObject, items: defaultPageSize },

  ...ofTokens('AccessToken'),
  ...ofTokens('OrganizationAccessToken'),
  ...ofTokens('PersonalAccessToken'),
  'OrganizationAccessToken.organization': batched,
  'PersonalAccessToken.owner': batched,

  'Repository.organization': batched,
  'Repository.tags': page,
  'Company.owners': { ...batched, items: shortList },
  'Company.organizations': batchedPage,
  'Group.members': batchedPage,
  'Group.repositories': batchedPage,
  'Membership.user': batched,
  'Invite.group': batched,
  'Invite.invitedBy': batched,
  'ActivityEvent.accessToken': batched,
  'ActivityActor.user': { statements: 2 },
  'UsageRow.accessToken': batched,
  'UsageRow.user': batched,
  'Webhook.deliveries': batchedPage,

  'ActivityEvent.data': list(shortList),
  'InviteMembersPayload.results': list(maxInvitees),
  // An invitee is invalid, unknown or a member.
  'InviteResult.userErrors': list(2),
  '*.userErrors': list(maxUserErrors),

  'Mutation.signUp': slow,
  'Mutation.signIn': slow,
  'Mutation.signInDevice': slow,
  'Mutation.changePassword': slow,
  'Mutation.configureSso': slow,
  'Mutation.startSsoSignIn': slow,
  'Mutation.completeSsoSignIn': slow,
}

/** The cost of a field; undefined for one that is only read. */
export function fieldCostOf(typeName: string, fieldName: string): FieldCost | undefined {
  return fieldCosts[`${typeName}.${fieldName}`] ?? fieldCosts[`*.${fieldName}`]
}

/** What is looked up for the tokens of a page together. */
function ofTokens(type: string): Record<string, FieldCost> {
  return {
    [`${type}.createdBy`]: shared('createdBy'),
    [`${type}.scopes`]: { ...shared('scopes'), items: shortList },
    [`${type}.lastUsed`]: shared('usage'),
    [`${type}.lastUsedAt`]: shared('usage'),
    [`${type}.usageLimit`]: shared('usage'),
    [`${type}.hint`]: shared('secrets'),
    [`${type}.secrets`]: { ...shared('secrets'), items: shortList },
    [`${type}.refusedAttempts`]: { ...shared('refusedAttempts'), items: shortList },
  }
}
