import { defaultActivityPageSize } from '../../domain/activity/list-activity.ts'
import { maxInvitees } from '../../domain/member/invite-members.ts'
import { permissions } from '../../domain/model/permission.ts'
import { plans } from '../../domain/model/plan.ts'
import { maxUserErrors } from '../../domain/shared/errors.ts'
import { defaultPageSize, maxPageSize } from '../../domain/shared/page.ts'

/** The cost of a field, in addition to 1 for the field itself and the cost of its selections. */
export interface FieldCost {
  /** Statements of the field for all its parent objects together, or for each of them (`isPerObject`). */
  readonly statements: number
  /** Whether each parent object takes its own statements. */
  readonly isPerObject?: boolean
  /** Fields of one object with the same lookup share a statement. */
  readonly lookup?: string
  /** Number of objects in the value; for a page, if neither `first` nor `last` is given. Defaults to 1. */
  readonly items?: number
  /** Whether the field hashes a password, tries a device code or calls a provider. An operation can have one. */
  readonly isSlow?: boolean
}

const page = { statements: 1, isPerObject: true, items: defaultPageSize }
/** A page that one statement looks up for all objects of a request. */
const batchedPage = { statements: 1, items: defaultPageSize }
const batched = { statements: 1 }
const perObject = { statements: 1, isPerObject: true }
const shared = (lookup: string) => ({ statements: 1, lookup })
const slow = { statements: 0, isSlow: true }
/** A list that takes no statement of its own. */
const list = (items: number) => ({ statements: 0, items })

// The estimated length of lists without pages, which are usually short.
const shortList = 5

/**
 * The fields that cost more than reading a property: `Type.field`, or `*.field` for all types without a line of their
 * own. The start checks that the schema has these fields, and that every list of objects has a number of items.
 * test/abuse counts the statements.
 */
export const fieldCosts: Readonly<Record<string, FieldCost>> = {
  'Query.organization': batched,
  'Query.company': batched,
  'Query.user': batched,
  'Query.repository': shared('repository'),
  'Query.node': { statements: 2 },
  // One statement for each kind of object.
  'Query.nodes': { statements: 6, items: maxPageSize },
  'Query.accessToken': shared('token'),
  'Query.explainAccess': { statements: 3 },
  'Query.deviceRequest': { statements: 3, isSlow: true },
  'Query.availablePermissions': list(permissions.length),
  'AccessExplanation.permissions': list(permissions.length),
  'Installation.plans': list(plans.length),

  'Viewer.organization': batched,
  'Viewer.accessToken': batched,
  'Viewer.organizations': { ...page, isPerObject: false },
  'Viewer.companies': batchedPage,
  'Viewer.invites': batchedPage,
  'Viewer.tokenActivity': page,
  'Viewer.tokenUsage': { ...perObject, items: 5 * maxPageSize },

  'Organization.tokenLimit': batched,
  'Organization.accessTokens': batchedPage,
  'Organization.repositories': page,
  'Organization.activity': { ...page, items: defaultActivityPageSize },
  'Organization.company': batched,
  'Organization.groups': page,
  'Organization.members': page,
  'Organization.invites': page,
  'Organization.refusedAttempts': { ...perObject, items: defaultPageSize },
  'Organization.ssoProvider': batched,
  // The report can have 10,000 rows. Execution counts the actual number.
  'Organization.usageReport': { ...perObject, items: 5 * maxPageSize },
  'Organization.usageTotals': perObject,
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

  'User.accessTokens': batchedPage,
  'User.usageLimit': batched,
  'User.refusedAttempts': { ...perObject, items: defaultPageSize },

  ...ofTokens('AccessToken'),
  ...ofTokens('OrganizationAccessToken'),
  ...ofTokens('PersonalAccessToken'),
  'OrganizationAccessToken.organization': shared('organization'),
  'PersonalAccessToken.owner': shared('owner'),

  'Repository.organization': batched,
  'Repository.tags': page,
  'Company.owners': { ...batched, items: shortList },
  'Company.organizations': batchedPage,
  'Group.organization': batched,
  'Group.members': batchedPage,
  'Group.repositories': batchedPage,
  'Membership.user': batched,
  'Invite.organization': batched,
  'Invite.group': batched,
  'Invite.invitedBy': batched,
  'ActivityEvent.accessToken': batched,
  'ActivityActor.user': { statements: 2 },
  'UsageRow.accessToken': batched,
  'UsageRow.user': batched,
  'Webhook.organization': batched,
  'Webhook.deliveries': batchedPage,

  'GenerateTokenPayload.organization': batched,
  'GenerateTokenPayload.user': batched,
  'DeleteTokenPayload.user': batched,
  'RepositoryPayload.organization': batched,
  'GroupPayload.organization': batched,
  'WebhookPayload.organization': batched,
  'WebhookSecretPayload.organization': batched,
  'InviteMembersPayload.organization': batched,
  'InviteResult.organization': batched,
  'CompanyPayload.organization': batched,
  'SsoProviderPayload.organization': batched,
  'MembershipPayload.membershipEdge': batched,
  'ActivityEvent.organization': batched,
  'ActivityEvent.repository': batched,

  'ActivityEvent.data': list(shortList),
  'InviteMembersPayload.results': list(maxInvitees),
  // An invitee is invalid, unknown or a member.
  'InviteResult.userErrors': list(2),
  '*.userErrors': list(maxUserErrors),

  'Mutation.signUp': slow,
  'Mutation.signIn': slow,
  'Mutation.signInDevice': slow,
  'Mutation.approveDevice': slow,
  'Mutation.denyDevice': slow,
  'Mutation.changePassword': slow,
  'Mutation.configureSso': slow,
  'Mutation.startSsoSignIn': slow,
  'Mutation.completeSsoSignIn': slow,
}

/** The cost of a field; undefined for one that is only read. */
export function fieldCostOf(typeName: string, fieldName: string): FieldCost | undefined {
  return fieldCosts[`${typeName}.${fieldName}`] ?? fieldCosts[`*.${fieldName}`]
}

/** Fields of tokens, which are looked up for all tokens of a page together. */
function ofTokens(type: string): Record<string, FieldCost> {
  return {
    [`${type}.createdBy`]: shared('createdBy'),
    [`${type}.scopes`]: { ...shared('scopes'), items: shortList },
    [`${type}.lastUsed`]: shared('usage'),
    [`${type}.lastUsedAt`]: shared('usage'),
    [`${type}.usageLimit`]: shared('usage'),
    [`${type}.hint`]: shared('secrets'),
    // The newest one, and the one before it while a rotation lasts.
    [`${type}.secrets`]: { ...shared('secrets'), items: 2 },
    [`${type}.refusedAttempts`]: { ...shared('refusedAttempts'), items: shortList },
  }
}
