import { Field, InputType } from 'type-graphql'
import type { NoticeKind } from '../../domain/model/notice.ts'
import { NoticeKindEnum } from './webhook.types.ts'

const urlRule = 'Address to send notifications to: http or https, without user, password and #.'

@InputType({ description: 'A new webhook.' })
export class CreateWebhookInput {
  @Field(() => String, { description: 'Name of the organization whose notifications are sent.' })
  organization!: string

  @Field(() => String, { description: urlRule })
  url!: string

  @Field(() => [NoticeKindEnum], { description: 'Kinds of notifications to send, at least one.' })
  events!: NoticeKind[]

  @Field(() => String, { nullable: true, description: 'Purpose, up to 200 characters.' })
  description?: string | null
}

@InputType({ description: 'Changes to a webhook. Omitted fields do not change.' })
export class UpdateWebhookInput {
  @Field(() => String, { nullable: true, description: urlRule })
  url?: string | null

  @Field(() => [NoticeKindEnum], { nullable: true, description: 'Kinds of notifications to send, at least one.' })
  events?: NoticeKind[] | null

  @Field(() => String, { nullable: true, description: 'Purpose, up to 200 characters. Null removes it.' })
  description?: string | null

  @Field(() => Boolean, {
    nullable: true,
    description: 'Whether notifications are sent to it. Deliveries that are due while it is inactive fail.',
  })
  active?: boolean | null
}
