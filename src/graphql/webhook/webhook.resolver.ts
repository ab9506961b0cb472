import type { GraphQLResolveInfo } from 'graphql'
import { Arg, Ctx, Field, ID, Info, Mutation, ObjectType, Resolver } from 'type-graphql'
import { createWebhook } from '../../domain/notice/create-webhook.ts'
import { deleteWebhook } from '../../domain/notice/delete-webhook.ts'
import type { DeliveryRow } from '../../domain/notice/delivery-store.ts'
import { replayDelivery } from '../../domain/notice/replay-delivery.ts'
import { rotateWebhookSecret } from '../../domain/notice/rotate-webhook-secret.ts'
import { updateWebhook } from '../../domain/notice/update-webhook.ts'
import type { WebhookRow } from '../../domain/notice/webhook-store.ts'
import type { Context } from '../context.ts'
import { deletePayloadType, toDeleted } from '../delete-payload.ts'
import { toPayload, type UserError, UserErrorsField } from '../user-error.ts'
import { CreateWebhookInput, UpdateWebhookInput } from './webhook.inputs.ts'
import { Webhook, WebhookDelivery } from './webhook.types.ts'

@ObjectType({ description: 'Result of changing a webhook.', simpleResolvers: true })
export class WebhookPayload {
  @Field(() => Webhook, { nullable: true, description: 'The webhook. Null if there are `userErrors`.' })
  webhook!: WebhookRow | null

  @UserErrorsField()
  userErrors!: UserError[]
}

@ObjectType({ description: 'Result of creating a webhook or rotating its signing secret.', simpleResolvers: true })
export class WebhookSecretPayload extends WebhookPayload {
  @Field(() => String, {
    nullable: true,
    description:
      'Signing secret, to verify notifications with. It is shown only here and only once. Null if there are ' +
      '`userErrors`.',
  })
  secret!: string | null
}

export const DeleteWebhookPayload = deletePayloadType('DeleteWebhookPayload', 'Result of deleting a webhook.')

@ObjectType({ description: 'Result of replaying a delivery.', simpleResolvers: true })
export class WebhookDeliveryPayload {
  @Field(() => WebhookDelivery, { nullable: true, description: 'The delivery. Null if there are `userErrors`.' })
  delivery!: DeliveryRow | null

  @UserErrorsField()
  userErrors!: UserError[]
}

const idArgument = { description: 'Id of the webhook.' }
const onlyForOwners = 'Only for owners of the organization and of its company.'

@Resolver()
export class WebhookOperations {
  @Mutation(() => WebhookSecretPayload, {
    description:
      'Creates a webhook, which receives notifications of an organization. An organization can have 10 webhooks. ' +
      onlyForOwners,
  })
  createWebhook(
    @Ctx() context: Context,
    @Arg('input', () => CreateWebhookInput, { description: 'The webhook to create.' }) input: CreateWebhookInput,
  ) {
    return toPayload(context, () => createWebhook(context, input))
  }

  @Mutation(() => WebhookPayload, {
    description: `Changes a webhook. Pending deliveries are sent to its new address. ${onlyForOwners}`,
  })
  updateWebhook(
    @Ctx() context: Context,
    @Arg('id', () => ID, idArgument) id: string,
    @Arg('input', () => UpdateWebhookInput, { description: 'The changes.' }) input: UpdateWebhookInput,
  ) {
    return toPayload(context, async () => ({ webhook: await updateWebhook(context, id, input) }))
  }

  @Mutation(() => WebhookSecretPayload, {
    description:
      'Generates a new signing secret. For one day, notifications are also signed with the previous one. ' +
      onlyForOwners,
  })
  rotateWebhookSecret(@Ctx() context: Context, @Arg('id', () => ID, idArgument) id: string) {
    return toPayload(context, () => rotateWebhookSecret(context, id))
  }

  @Mutation(() => DeleteWebhookPayload, {
    description: `Deletes a webhook with its deliveries. Pending deliveries are not sent. ${onlyForOwners}`,
  })
  deleteWebhook(
    @Ctx() context: Context,
    @Arg('id', () => ID, idArgument) id: string,
    @Info() info: GraphQLResolveInfo,
  ) {
    return toPayload(context, async () => {
      const { id: deletedId, organizationId } = await deleteWebhook(context, id)
      return toDeleted(context, info, 'Webhook', deletedId, organizationId)
    })
  }

  @Mutation(() => WebhookDeliveryPayload, {
    description:
      'Sends a delivery again with the same id and body, whatever its status. The webhook must be active. ' +
      onlyForOwners,
  })
  replayWebhookDelivery(
    @Ctx() context: Context,
    @Arg('id', () => ID, { description: 'Id of the delivery.' }) id: string,
  ) {
    return toPayload(context, async () => ({ delivery: await replayDelivery(context, id) }))
  }
}
