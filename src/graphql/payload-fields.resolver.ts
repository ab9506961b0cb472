import { Ctx, FieldResolver, Resolver, Root } from 'type-graphql'
import { findOrganization } from '../domain/account/find-organization.ts'
import type { UserRow } from '../domain/account/user-store.ts'
import type { GroupRow } from '../domain/group/group-store.ts'
import type { InviteRow } from '../domain/member/invite-store.ts'
import type { OrganizationRow } from '../domain/model/organization.ts'
import type { WebhookRow } from '../domain/notice/webhook-store.ts'
import type { RepositoryRow } from '../domain/repository/repository-store.ts'
import { OrganizationPayload } from './account/organization.resolver.ts'
import { Organization, OrganizationConnection } from './account/organization.types.ts'
import { User } from './account/user.types.ts'
import { Viewer } from './account/viewer.types.ts'
import { type ViewerNode, viewerOf } from './account/viewer-node.ts'
import { CompanyPayload } from './company/company.resolver.ts'
import { type Edge, edgeOf } from './connection.ts'
import type { Context } from './context.ts'
import { GroupPayload } from './group/group.resolver.ts'
import { GroupConnection } from './group/group.types.ts'
import { InviteMembersPayload, InviteResult } from './member/invite.resolver.ts'
import { InviteConnection } from './member/invite.types.ts'
import { MembershipPayload } from './member/member.resolver.ts'
import { MembershipConnection, type MembershipNode } from './member/membership.types.ts'
import { payloadFields } from './payload-fields.ts'
import { RepositoryPayload } from './repository/repository.resolver.ts'
import { RepositoryConnection } from './repository/repository.types.ts'
import { AccessTokenConnection } from './token/access-token.types.ts'
import type { AccessTokenNode } from './token/access-token-node.ts'
import { DeleteTokenPayload, GenerateTokenPayload } from './token/token.resolver.ts'
import { WebhookPayload } from './webhook/webhook.resolver.ts'
import { WebhookConnection } from './webhook/webhook.types.ts'

const ofToken = payloadFields<AccessTokenNode>(() => GenerateTokenPayload, {
  field: 'accessToken',
  connection: AccessTokenConnection,
  keyOf: ({ id }) => id,
  organizationIdOf: ({ access, ownerId }) => (access === null ? ownerId : null),
})
const ofRepository = payloadFields<RepositoryRow>(() => RepositoryPayload, {
  field: 'repository',
  connection: RepositoryConnection,
  keyOf: ({ path }) => path,
  organizationIdOf: ({ namespaceId }) => namespaceId,
})
const ofGroup = payloadFields<GroupRow>(() => GroupPayload, {
  field: 'group',
  connection: GroupConnection,
  keyOf: ({ name }) => name,
  organizationIdOf: ({ organizationId }) => organizationId,
})
const ofWebhook = payloadFields<WebhookRow>(() => WebhookPayload, {
  field: 'webhook',
  connection: WebhookConnection,
  keyOf: ({ id }) => id,
  organizationIdOf: ({ organizationId }) => organizationId,
})
const ofInvite = payloadFields<InviteRow>(() => InviteResult, {
  field: 'invite',
  connection: InviteConnection,
  keyOf: ({ id }) => id,
  organizationIdOf: ({ organizationId }) => organizationId,
})

@Resolver(() => GenerateTokenPayload)
class UserOfGeneratedToken {
  @FieldResolver(() => User, {
    nullable: true,
    description: 'Person of the personal token, with their new counts. Null for an organization token.',
  })
  async user(
    @Root() { accessToken }: { readonly accessToken?: AccessTokenNode | null },
    @Ctx() { loaders }: Context,
  ): Promise<UserRow | null> {
    return accessToken && accessToken.access !== null ? loaders.userById.load(accessToken.ownerId) : null
  }
}

@Resolver(() => DeleteTokenPayload)
class UserOfDeletedToken {
  @FieldResolver(() => User, {
    nullable: true,
    description: 'Person of the personal token, with their new counts. Null for an organization token.',
  })
  async user(
    @Root() { userId }: { readonly userId?: string | null },
    @Ctx() { loaders }: Context,
  ): Promise<UserRow | null> {
    return userId ? loaders.userById.load(userId) : null
  }
}

@Resolver(() => MembershipPayload)
class EdgeOfMembership {
  @FieldResolver(() => MembershipConnection.Edge, {
    nullable: true,
    description:
      '`membership` with its cursor in the own order of the list, for caches. Null if there are `userErrors`.',
  })
  async membershipEdge(
    @Root() { membership }: { readonly membership?: MembershipNode | null },
    @Ctx() { loaders }: Context,
  ): Promise<Edge<MembershipNode> | null> {
    const user = membership && (await loaders.userById.load(membership.userId))
    return membership && user ? edgeOf(membership, user.username) : null
  }
}

@Resolver(() => OrganizationPayload)
class OrganizationPayloadFields {
  @FieldResolver(() => OrganizationConnection.Edge, {
    nullable: true,
    description: '`organization` with its cursor in the list, for caches. Null if there are `userErrors`.',
  })
  organizationEdge(
    @Root() { organization }: { readonly organization?: OrganizationRow | null },
  ): Edge<OrganizationRow> | null {
    return organization ? edgeOf(organization, organization.name) : null
  }

  @FieldResolver(() => Viewer, {
    nullable: true,
    description: 'The caller, with the changed organizations. Null if there are `userErrors`.',
  })
  viewer(
    @Root() { organization }: { readonly organization?: OrganizationRow | null },
    @Ctx() { principal }: Context,
  ): ViewerNode | null {
    return organization ? viewerOf(principal) : null
  }
}

@Resolver(() => InviteMembersPayload)
class OrganizationOfInvites {
  @FieldResolver(() => Organization, {
    nullable: true,
    description: 'Organization of the invites, with its new counts. Null if nobody was invited.',
  })
  async organization(
    @Root() { results }: { readonly results?: ReadonlyArray<{ readonly invite: InviteRow | null }> | null },
    @Ctx() { loaders }: Context,
  ): Promise<OrganizationRow | null> {
    const invite = results?.find((result) => result.invite !== null)?.invite
    return invite ? loaders.organizationById.load(invite.organizationId) : null
  }
}

@Resolver(() => CompanyPayload)
class OrganizationOfCompanyChange {
  @FieldResolver(() => Organization, {
    nullable: true,
    description:
      'Organization that was added or removed. Null for other changes, if the caller cannot see it, and if there are ' +
      '`userErrors`.',
  })
  async organization(
    @Root() { organizationName }: { readonly organizationName?: string },
    @Ctx() { em, principal }: Context,
  ): Promise<OrganizationRow | null> {
    return organizationName === undefined ? null : findOrganization(em, principal, organizationName)
  }
}

/** The resolvers of what payloads return for caches, beside the object that has changed. */
export const payloadFieldResolvers = [
  ofToken,
  ofRepository,
  ofGroup,
  ofWebhook,
  ofInvite,
  UserOfGeneratedToken,
  UserOfDeletedToken,
  EdgeOfMembership,
  OrganizationPayloadFields,
  OrganizationOfInvites,
  OrganizationOfCompanyChange,
] as const
