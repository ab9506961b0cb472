import type { GraphQLResolveInfo } from 'graphql'
import { Arg, Args, Ctx, FieldResolver, Info, Resolver, Root } from 'type-graphql'
import { defaultActivityPageSize, listActivity, listOwnActivity } from '../../domain/activity/list-activity.ts'
import type { OrganizationRow } from '../../domain/model/organization.ts'
import { type PageArguments, parsePage } from '../../domain/shared/page.ts'
import { Organization } from '../account/organization.types.ts'
import { Viewer } from '../account/viewer.types.ts'
import { PageArgs, pageArgs } from '../arguments.ts'
import { Connection } from '../connection.ts'
import type { Context } from '../context.ts'
import { ActivityFilter } from './activity.inputs.ts'
import { ActivityEventConnection } from './activity-event.types.ts'
import { toActivityEvents } from './activity-event-node.ts'

const ActivityPageArgs = pageArgs(defaultActivityPageSize)

@Resolver(() => Organization)
export class OrganizationActivity {
  @FieldResolver(() => ActivityEventConnection, {
    nullable: true,
    description:
      'Activity events of the organization, newest first. Only for owners of the organization and of its company, ' +
      'and for organization tokens with ACTIVITY_READ.',
  })
  async activity(
    @Root() organization: OrganizationRow,
    @Ctx() context: Context,
    @Args(() => ActivityPageArgs) args: PageArguments,
    @Arg('filter', () => ActivityFilter, {
      nullable: true,
      description: 'Conditions for the events. If omitted, all events are listed.',
    })
    filter: ActivityFilter | null,
    @Info() info: GraphQLResolveInfo,
  ) {
    const wanted = parsePage(args, defaultActivityPageSize)
    const page = await listActivity(context, organization, wanted, filter ?? {})
    return new Connection(page, await toActivityEvents(context, page.items, info))
  }
}

@Resolver(() => Viewer)
export class ViewerTokenActivity {
  @FieldResolver(() => ActivityEventConnection, {
    nullable: true,
    description:
      'What the organization token of the request itself did, newest first: logins, pulls, pushes, and calls of this ' +
      'API. Only for organization tokens with TOKEN_READ. Null for people.',
  })
  async tokenActivity(
    @Ctx() context: Context,
    @Args(() => PageArgs) args: PageArguments,
    @Info() info: GraphQLResolveInfo,
  ) {
    const { em, principal } = context
    if (principal.kind !== 'ORGANIZATION_TOKEN') return null
    const page = await listOwnActivity(em, principal, parsePage(args))
    return new Connection(page, await toActivityEvents(context, page.items, info))
  }
}
