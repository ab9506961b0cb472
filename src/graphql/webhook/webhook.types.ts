import { Field, Int, ObjectType, registerEnumType } from 'type-graphql'
import { type DeliveryStatus, deliveryStatuses } from '../../domain/model/delivery.ts'
import { type NoticeKind, noticeKinds } from '../../domain/model/notice.ts'
import { connectionType } from '../connection.ts'
import { DateTime } from '../date-time.ts'
import { Node } from '../node.ts'

export const NoticeKindEnum = Object.fromEntries(noticeKinds.map((each) => [each, each]))
registerEnumType(NoticeKindEnum, {
  name: 'NoticeKind',
  description: 'What organizations and people are told of without asking.',
  valuesConfig: {
    TOKEN_EXPIRING: { description: 'An access token expires within 30, 7 or 1 days.' },
    TOKEN_EXPIRED: { description: 'An access token has expired.' },
    TOKEN_USED_FROM_NEW_ADDRESS: { description: 'An access token was used from an address not seen before.' },
    ROTATED_SECRET_USED_LATE: { description: 'A secret that a rotation has ended was tried.' },
    USAGE_LIMIT_NEAR: { description: 'Four fifths of the pulls of a usage window are used up.' },
    USAGE_LIMIT_REACHED: { description: 'The pulls of a usage window are used up.' },
  },
})

export const DeliveryStatusEnum = Object.fromEntries(deliveryStatuses.map((each) => [each, each]))
registerEnumType(DeliveryStatusEnum, {
  name: 'WebhookDeliveryStatus',
  description: 'What has become of a delivery.',
  valuesConfig: {
    PENDING: { description: 'It is tried at `nextAttemptAt`.' },
    DELIVERED: { description: 'The receiver answered with a status of 200 to 299.' },
    FAILED: { description: 'It is not tried any more, unless it is replayed.' },
  },
})

@ObjectType({
  implements: Node,
  description: 'An address that an organization is told of notices at. Its signing secret is never shown again.',
  simpleResolvers: true,
})
export class Webhook extends Node {
  @Field(() => String, { description: 'Where notices are sent.' })
  url!: string

  @Field(() => String, { nullable: true, description: 'What it is for; null when nobody said.' })
  description!: string | null

  @Field(() => [NoticeKindEnum], { description: 'What it is told of.' })
  events!: readonly NoticeKind[]

  @Field(() => Boolean, { description: 'Whether it is sent anything; a receiver that answers 410 ends that.' })
  isActive!: boolean

  @Field(() => DateTime, { description: 'When it was made.' })
  createdAt!: string
}

export const WebhookConnection = connectionType<Webhook>('Webhook', () => Webhook, 'webhooks')

@ObjectType({ implements: Node, description: 'A notice on its way to a webhook.', simpleResolvers: true })
export class WebhookDelivery extends Node {
  @Field(() => DateTime, { description: 'When it happened, what is told of.' })
  at!: string

  @Field(() => NoticeKindEnum, { description: 'What is told of.' })
  kind!: NoticeKind

  @Field(() => DeliveryStatusEnum, { description: 'What has become of it.' })
  status!: DeliveryStatus

  @Field(() => Int, { description: 'How often it was tried, since it was made or replayed.' })
  attempts!: number

  @Field(() => DateTime, { nullable: true, description: 'When it is tried next; null once it is not any more.' })
  nextAttemptAt!: string | null

  @Field(() => DateTime, { nullable: true, description: 'When it was delivered; null while it is not.' })
  deliveredAt!: string | null

  @Field(() => Int, { nullable: true, description: 'The HTTP status of the last answer; null when there was none.' })
  responseStatus!: number | null

  @Field(() => String, {
    nullable: true,
    description: 'What kept the last attempt from delivering it; null when nothing did.',
  })
  error!: string | null
}

export const WebhookDeliveryConnection = connectionType<WebhookDelivery>(
  'WebhookDelivery',
  () => WebhookDelivery,
  'deliveries',
)
