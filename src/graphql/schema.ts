import 'reflect-metadata'
import { type GraphQLSchema, isInterfaceType, isObjectType } from 'graphql'
import { buildSchemaSync } from 'type-graphql'
import { AccessExplanationQuery } from './access/access-explanation.resolver.ts'
import { AccountQueries } from './account/account.resolver.ts'
import { OrganizationMutations } from './account/organization.resolver.ts'
import { OrganizationFields } from './account/organization-fields.resolver.ts'
import { OrganizationPolicyField } from './account/organization-policy.resolver.ts'
import { SessionMutations } from './account/session.resolver.ts'
import { UserFields } from './account/user.resolver.ts'
import { ViewerFields } from './account/viewer.resolver.ts'
import { OrganizationActivity, ViewerTokenActivity } from './activity/activity.resolver.ts'
import { ActivityEventFields } from './activity/activity-event-fields.resolver.ts'
import { CompanyOperations } from './company/company.resolver.ts'
import { CompanyFields, OrganizationCompany, ViewerCompanies } from './company/company-fields.resolver.ts'
import { DateTime } from './date-time.ts'
import { DeviceOperations } from './device/device.resolver.ts'
import { GroupOperations } from './group/group.resolver.ts'
import { GroupFields } from './group/group-fields.resolver.ts'
import { OrganizationGroups } from './group/organization-groups.resolver.ts'
import { InstallationQuery } from './installation/installation.resolver.ts'
import { checkFieldCosts } from './limits/operation-cost.ts'
import { InviteMutations } from './member/invite.resolver.ts'
import { InviteFields } from './member/invite.types.ts'
import { MemberMutations } from './member/member.resolver.ts'
import { MembershipFields } from './member/membership.types.ts'
import { OrganizationMemberFields } from './member/organization-members.resolver.ts'
import { ViewerInvitesField } from './member/viewer-invites.resolver.ts'
import { NodeQuery } from './node-query.ts'
import { payloadFieldResolvers } from './payload-fields.resolver.ts'
import { OrganizationRefusedAttempts, UserRefusedAttempts } from './refusal/refused-attempt.resolver.ts'
import { RepositoryOperations } from './repository/repository.resolver.ts'
import { RepositoryFields } from './repository/repository-fields.resolver.ts'
import { RepositoryTagsField } from './repository/repository-tags.resolver.ts'
import { SsoOperations, SsoProviderPayloadFields } from './sso/sso.resolver.ts'
import {
  OrganizationAccessToken,
  OrganizationAccessTokenFields,
  PersonalAccessToken,
  PersonalAccessTokenFields,
} from './token/access-token.types.ts'
import { PersonalTokenMutations } from './token/personal-token.resolver.ts'
import { TokenOperations } from './token/token.resolver.ts'
import { OrganizationUsage, ViewerTokenUsage } from './usage/usage.resolver.ts'
import { WebhookOperations } from './webhook/webhook.resolver.ts'
import { OrganizationWebhooks, WebhookDeliveryFields, WebhookFields } from './webhook/webhook-fields.resolver.ts'

/** Builds the schema, without its guard. */
export function buildSchema(): GraphQLSchema {
  const schema = buildSchemaSync({
    resolvers: [
      AccountQueries,
      InstallationQuery,
      NodeQuery,
      SessionMutations,
      OrganizationMutations,
      CompanyOperations,
      RepositoryOperations,
      GroupOperations,
      TokenOperations,
      PersonalTokenMutations,
      DeviceOperations,
      AccessExplanationQuery,
      SsoOperations,
      SsoProviderPayloadFields,
      OrganizationAccessTokenFields,
      PersonalAccessTokenFields,
      ViewerFields,
      UserFields,
      OrganizationFields,
      OrganizationPolicyField,
      OrganizationCompany,
      ViewerCompanies,
      CompanyFields,
      RepositoryFields,
      RepositoryTagsField,
      OrganizationGroups,
      GroupFields,
      InviteMutations,
      MemberMutations,
      MembershipFields,
      InviteFields,
      OrganizationMemberFields,
      ViewerInvitesField,
      OrganizationActivity,
      ActivityEventFields,
      ViewerTokenActivity,
      OrganizationUsage,
      ViewerTokenUsage,
      OrganizationRefusedAttempts,
      UserRefusedAttempts,
      OrganizationWebhooks,
      WebhookFields,
      WebhookDeliveryFields,
      WebhookOperations,
      ...payloadFieldResolvers,
    ],
    // No field has these types: only their interface is used, which does not refer to them.
    orphanedTypes: [OrganizationAccessToken, PersonalAccessToken],
    scalarsMap: [{ type: Date, scalar: DateTime }],
    // Verbs check their inputs.
    validate: false,
  })
  // type-graphql creates the root types itself, without descriptions.
  Object.assign(schema.getQueryType() ?? {}, { description: 'Queries, which change nothing.' })
  Object.assign(schema.getMutationType() ?? {}, {
    description: 'Mutations. Several in one operation run one after the other.',
  })
  // Objects have `__typename`. The resolver of type-graphql looks for their class instead, and creates a promise for
  // each.
  for (const type of Object.values(schema.getTypeMap())) if (isInterfaceType(type)) type.resolveType = undefined
  // The `id` of `Node` is a property. The resolver of type-graphql would create a promise for each object.
  for (const type of Object.values(schema.getTypeMap()))
    if (isObjectType(type)) Object.assign(type.getFields().id ?? {}, { resolve: undefined })
  // TypeScript runs the decorators of parameters in reverse. The schema lists arguments as they are written.
  for (const type of Object.values(schema.getTypeMap()))
    if (isObjectType(type)) for (const field of Object.values(type.getFields())) field.args = [...field.args].reverse()
  checkFieldCosts(schema)
  return schema
}
