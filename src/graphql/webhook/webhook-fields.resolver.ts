import { Arg, Args, Ctx, FieldResolver, Resolver, Root } from 'type-graphql'
import type { DeliveryStatus } from '../../domain/model/delivery.ts'
import type { OrganizationRow } from '../../domain/model/organization.ts'
import type { DeliveryRow } from '../../domain/notice/delivery-store.ts'
import { checkDeliveryCursor } from '../../domain/notice/find-delivery.ts'
import { listWebhooks } from '../../domain/notice/list-webhooks.ts'
import { noticeBody } from '../../domain/notice/notice-body.ts'
import type { WebhookRow } from '../../domain/notice/webhook-store.ts'
import { type PageArguments, parsePage, toPage } from '../../domain/shared/page.ts'
import { Organization } from '../account/organization.types.ts'
import { PageArgs } from '../arguments.ts'
import { Connection } from '../connection.ts'
import type { Context } from '../context.ts'
import {
  DeliveryStatusEnum,
  Webhook,
  WebhookConnection,
  WebhookDelivery,
  WebhookDeliveryConnection,
} from './webhook.types.ts'

@Resolver(() => Organization)
export class OrganizationWebhooks {
  @FieldResolver(() => WebhookConnection, {
    nullable: true,
    description: 'Webhooks, oldest first. Only for owners of the organization and of its company.',
  })
  async webhooks(
    @Root() organization: OrganizationRow,
    @Ctx() context: Context,
    @Args(() => PageArgs) args: PageArguments,
  ) {
    const page = await listWebhooks(context, organization, parsePage(args))
    return new Connection(page, page.items)
  }

  @FieldResolver(() => Boolean, {
    nullable: true,
    description:
      'Whether owners receive notifications by mail, if the installation sends mail. Only for owners of the ' +
      'organization and of its company.',
  })
  emailNotices(@Root() { emailNotices }: OrganizationRow): boolean {
    return emailNotices
  }
}

@Resolver(() => Webhook)
export class WebhookFields {
  @FieldResolver(() => Organization, {
    nullable: true,
    description: 'Organization of the webhook. Null if the caller cannot see it.',
  })
  organization(@Root() { organizationId }: WebhookRow, @Ctx() { loaders }: Context): Promise<OrganizationRow | null> {
    return loaders.organizationById.load(organizationId)
  }

  @FieldResolver(() => WebhookDeliveryConnection, {
    description: 'Deliveries, sent and pending, newest first. They are kept for 30 days.',
  })
  async deliveries(
    @Root() webhook: WebhookRow,
    @Ctx() { loaders }: Context,
    @Args(() => PageArgs) args: PageArguments,
    @Arg('status', () => DeliveryStatusEnum, {
      nullable: true,
      description: 'Only deliveries with this status. If omitted, all deliveries are listed.',
    })
    status: DeliveryStatus | null | undefined,
  ) {
    const wanted = { webhook, page: parsePage(args), status: status ?? null }
    checkDeliveryCursor(wanted.page)
    const rows = await loaders.deliveries.load(wanted)
    const page = toPage(
      rows,
      wanted.page,
      ({ id }) => id,
      () => loaders.deliveryCount.load(wanted),
    )
    return new Connection(page, page.items)
  }
}

@Resolver(() => WebhookDelivery)
export class WebhookDeliveryFields {
  @FieldResolver(() => String, { description: 'Request body, as JSON. It is the same in every attempt.' })
  payload(@Root() delivery: DeliveryRow): string {
    return noticeBody(delivery)
  }
}
