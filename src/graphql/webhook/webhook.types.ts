import { Field, Int, ObjectType, registerEnumType } from 'type-graphql'
import { type DeliveryStatus, deliveryStatuses } from '../../domain/model/delivery.ts'
import { type NoticeKind, noticeKinds } from '../../domain/model/notice.ts'
import { connectionType } from '../connection.ts'
import { DateTime } from '../date-time.ts'
import { Node } from '../node.ts'

export const NoticeKindEnum = Object.fromEntries(noticeKinds.map((each) => [each, each]))
registerEnumType(NoticeKindEnum, {
  name: 'NoticeKind',
  description: 'Kind of notification.',
  valuesConfig: {
    TOKEN_EXPIRING: { description: 'An access token expires within 30 days, 7 days or 1 day.' },
    TOKEN_EXPIRED: { description: 'An access token has expired.' },
    TOKEN_USED_FROM_NEW_ADDRESS: { description: 'An access token was used from a new IP address.' },
    ROTATED_SECRET_USED_LATE: { description: 'A client tried a secret that has expired after a rotation.' },
    USAGE_LIMIT_NEAR: { description: 'At least 80 % of the pulls of a window are used up.' },
    USAGE_LIMIT_REACHED: { description: 'All pulls of a window are used up.' },
  },
})

export const DeliveryStatusEnum = Object.fromEntries(deliveryStatuses.map((each) => [each, each]))
registerEnumType(DeliveryStatusEnum, {
  name: 'WebhookDeliveryStatus',
  description: 'Status of a delivery.',
  valuesConfig: {
    PENDING: { description: 'The next attempt is at `nextAttemptAt`.' },
    DELIVERED: { description: 'The receiver returned a status from 200 to 299.' },
    FAILED: { description: 'There are no more attempts, unless the delivery is replayed.' },
  },
})

@ObjectType({
  implements: Node,
  description:
    'Webhook: an address that receives notifications of an organization. The signing secret is not shown again.',
  simpleResolvers: true,
})
export class Webhook extends Node {
  @Field(() => String, { description: 'Address that receives notifications.' })
  url!: string

  @Field(() => String, { nullable: true, description: 'Purpose. Null if not set.' })
  description!: string | null

  @Field(() => [NoticeKindEnum], { description: 'Kinds of notifications that are sent to it.' })
  events!: readonly NoticeKind[]

  @Field(() => Boolean, {
    description: 'Whether notifications are sent to it. A response with status 410 deactivates it.',
  })
  isActive!: boolean

  @Field(() => DateTime, { description: 'Time of creation.' })
  createdAt!: string
}

export const WebhookConnection = connectionType<Webhook>('Webhook', () => Webhook, 'webhooks')

@ObjectType({ implements: Node, description: 'Delivery of a notification to a webhook.', simpleResolvers: true })
export class WebhookDelivery extends Node {
  @Field(() => DateTime, { description: 'Time of the event that the notification reports.' })
  at!: string

  @Field(() => NoticeKindEnum, { description: 'Kind of notification.' })
  kind!: NoticeKind

  @Field(() => DeliveryStatusEnum, { description: 'Status of the delivery.' })
  status!: DeliveryStatus

  @Field(() => Int, { description: 'Number of attempts since the delivery was created or replayed.' })
  attempts!: number

  @Field(() => DateTime, {
    nullable: true,
    description: 'Time of the next attempt. Null if there are no more attempts.',
  })
  nextAttemptAt!: string | null

  @Field(() => DateTime, { nullable: true, description: 'Time of the delivery. Null if not delivered.' })
  deliveredAt!: string | null

  @Field(() => Int, { nullable: true, description: 'HTTP status of the last response. Null if there was no response.' })
  responseStatus!: number | null

  @Field(() => String, {
    nullable: true,
    description: 'Error of the last attempt. Null if it did not fail, and before the first attempt.',
  })
  error!: string | null
}

export const WebhookDeliveryConnection = connectionType<WebhookDelivery>(
  'WebhookDelivery',
  () => WebhookDelivery,
  'deliveries',
)
