import { Arg, Ctx, Field, ID, Mutation, ObjectType, Resolver } from 'type-graphql'
import { createWebhook } from '../../domain/notice/create-webhook.ts'
import { deleteWebhook } from '../../domain/notice/delete-webhook.ts'
import type { DeliveryRow } from '../../domain/notice/find-deliveries.ts'
import type { WebhookRow } from '../../domain/notice/find-webhook.ts'
import { replayDelivery } from '../../domain/notice/replay-delivery.ts'
import { rotateWebhookSecret } from '../../domain/notice/rotate-webhook-secret.ts'
import { updateWebhook } from '../../domain/notice/update-webhook.ts'
import type { Context } from '../context.ts'
import { toPayload, type UserError, UserErrorsField } from '../user-error.ts'
import { CreateWebhookInput, UpdateWebhookInput } from './webhook.inputs.ts'
import { Webhook, WebhookDelivery } from './webhook.types.ts'

@ObjectType({ description: 'A webhook that was changed.', simpleResolvers: true })
export class WebhookPayload {
  @Field(() => Webhook, { nullable: true, description: 'The webhook; null when `userErrors` is not empty.' })
  webhook!: WebhookRow | null

  @UserErrorsField()
  userErrors!: UserError[]
}

@ObjectType({ description: 'A webhook with a new signing secret.', simpleResolvers: true })
export class WebhookSecretPayload extends WebhookPayload {
  @Field(() => String, {
    nullable: true,
    description: 'What notices are signed with, to verify them by. It is shown here, once, and nowhere else.',
  })
  secret!: string | null
}

@ObjectType({ description: 'A webhook that was deleted.', simpleResolvers: true })
export class DeleteWebhookPayload {
  @Field(() => ID, { nullable: true, description: 'The id it had; null when `userErrors` is not empty.' })
  deletedId!: string | null

  @UserErrorsField()
  userErrors!: UserError[]
}

@ObjectType({ description: 'A delivery that is sent again.', simpleResolvers: true })
export class WebhookDeliveryPayload {
  @Field(() => WebhookDelivery, { nullable: true, description: 'The delivery; null when `userErrors` is not empty.' })
  delivery!: DeliveryRow | null

  @UserErrorsField()
  userErrors!: UserError[]
}

const idArgument = { description: "The webhook's id." }
const forOwners = 'For owners of the organization and of its company.'

@Resolver()
export class WebhookOperations {
  @Mutation(() => WebhookSecretPayload, {
    description: `Has an organization told of notices at an address; it has 10 webhooks at most. ${forOwners}`,
  })
  createWebhook(
    @Ctx() context: Context,
    @Arg('input', () => CreateWebhookInput, { description: 'The webhook to make.' }) input: CreateWebhookInput,
  ) {
    return toPayload(context, () => createWebhook(context, input))
  }

  @Mutation(() => WebhookPayload, {
    description: `Changes a webhook; what waits to be delivered goes where it leads by then. ${forOwners}`,
  })
  updateWebhook(
    @Ctx() context: Context,
    @Arg('id', () => ID, idArgument) id: string,
    @Arg('input', () => UpdateWebhookInput, { description: 'What to change.' }) input: UpdateWebhookInput,
  ) {
    return toPayload(context, async () => ({ webhook: await updateWebhook(context, id, input) }))
  }

  @Mutation(() => WebhookSecretPayload, {
    description: `Gives a webhook another signing secret. For a day, what is sent is signed with the one before it, too. ${forOwners}`,
  })
  rotateWebhookSecret(@Ctx() context: Context, @Arg('id', () => ID, idArgument) id: string) {
    return toPayload(context, () => rotateWebhookSecret(context, id))
  }

  @Mutation(() => DeleteWebhookPayload, {
    description: `Deletes a webhook, with its deliveries; those that are pending are not sent. ${forOwners}`,
  })
  deleteWebhook(@Ctx() context: Context, @Arg('id', () => ID, idArgument) id: string) {
    return toPayload(context, async () => ({ deletedId: await deleteWebhook(context, id) }))
  }

  @Mutation(() => WebhookDeliveryPayload, {
    description: `Sends a delivery again, with the same id and body, whatever has become of it. ${forOwners}`,
  })
  replayWebhookDelivery(
    @Ctx() context: Context,
    @Arg('id', () => ID, { description: "The delivery's id." }) id: string,
  ) {
    return toPayload(context, async () => ({ delivery: await replayDelivery(context, id) }))
  }
}
