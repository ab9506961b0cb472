import type { GraphQLResolveInfo } from 'graphql'
import { Arg, Ctx, ID, Info, Query, Resolver } from 'type-graphql'
import { findActivityEvent } from '../domain/activity/find-activity-event.ts'
import { findVisibleGroup } from '../domain/group/find-group.ts'
import { findInvite } from '../domain/member/find-invite.ts'
import { findVisibleDelivery } from '../domain/notice/find-delivery.ts'
import { findVisibleWebhook } from '../domain/notice/find-webhook.ts'
import { mayManageCompany } from '../domain/policy/policy.ts'
import { personBehind } from '../domain/policy/principal.ts'
import { findRepositoryById } from '../domain/repository/find-repository.ts'
import { idPrefixOf } from '../domain/shared/id.ts'
import { findVisibleToken } from '../domain/token/require-token.ts'
import { toActivityEvents } from './activity/activity-event-node.ts'
import type { Context } from './context.ts'
import { Node } from './node.ts'
import { toAccessToken } from './token/access-token-node.ts'

@Resolver()
export class NodeQuery {
  @Query(() => Node, {
    nullable: true,
    description: 'Object of any type by id. Null if it does not exist or the caller cannot see it.',
  })
  async node(
    @Ctx() context: Context,
    @Arg('id', () => ID, { description: 'Id of the object.' }) id: string,
    @Info() info: GraphQLResolveInfo,
  ): Promise<object | null> {
    const { em, principal, loaders } = context
    switch (idPrefixOf(id)) {
      case 'com': {
        const company = await loaders.companyById.load(id)
        return typed('Company', company !== null && mayManageCompany(principal, company) ? company : null)
      }
      case 'evt': {
        const event = await findActivityEvent(context, id)
        const [node] = event === null ? [] : await toActivityEvents(context, [event], info)
        return typed('ActivityEvent', node ?? null)
      }
      case 'grp':
        return typed('Group', await findVisibleGroup(context, id))
      case 'inv':
        return typed('Invite', await findInvite(context, id))
      case 'org':
        return typed('Organization', await loaders.organizationById.load(id))
      case 'rep':
        return typed('Repository', await findRepositoryById(em, principal, id))
      case 'tok':
        return toAccessToken(context, await findVisibleToken(context, id), info)
      case 'usr':
        return typed('User', personBehind(principal) ? await loaders.userById.load(id) : null)
      case 'whd':
        return typed('WebhookDelivery', await findVisibleDelivery(context, id))
      case 'whk':
        return typed('Webhook', await findVisibleWebhook(context, id))
      default:
        return null
    }
  }
}

function typed(typeName: string, object: object | null): object | null {
  return object === null ? null : { ...object, __typename: typeName }
}
