import { Field, InputType } from 'type-graphql'
import type { NoticeKind } from '../../domain/model/notice.ts'
import { NoticeKindEnum } from './webhook.types.ts'

const urlRule = 'Where to send notices: an https or http address, without user, password and #.'

@InputType({ description: 'A new webhook.' })
export class CreateWebhookInput {
  @Field(() => String, { description: 'The name of the organization that is told.' })
  organization!: string

  @Field(() => String, { description: urlRule })
  url!: string

  @Field(() => [NoticeKindEnum], { description: 'What to tell of, at least one kind.' })
  events!: NoticeKind[]

  @Field(() => String, { nullable: true, description: 'What it is for, up to 200 characters.' })
  description?: string | null
}

@InputType({ description: 'Changes to a webhook. What is absent stays as it is.' })
export class UpdateWebhookInput {
  @Field(() => String, { nullable: true, description: urlRule })
  url?: string | null

  @Field(() => [NoticeKindEnum], { nullable: true, description: 'What to tell of, at least one kind.' })
  events?: NoticeKind[] | null

  @Field(() => String, { nullable: true, description: 'What it is for; null takes the description away.' })
  description?: string | null

  @Field(() => Boolean, {
    nullable: true,
    description: 'Whether it is sent anything; what is due while it is not fails.',
  })
  active?: boolean | null
}
