import { Field, InputType, Int } from 'type-graphql'
import type { PersonalAccess } from '../../domain/model/personal-access.ts'
import { DateTime } from '../date-time.ts'
import { ScopeInput } from './scope.types.ts'
import { PersonalAccessEnum } from './token.types.ts'

@InputType({ description: 'A new organization token.' })
export class GenerateOrganizationTokenInput {
  @Field(() => String, { description: 'The name of the organization it is for.' })
  organization!: string

  @Field(() => String, { description: 'What people call it, 1 to 100 characters.' })
  label!: string

  @Field(() => String, { nullable: true, description: 'What it is for, up to 200 characters.' })
  description?: string | null

  @Field(() => DateTime, {
    nullable: true,
    description: 'When it expires: in the future, at most one year ahead. Null: never. This cannot be edited later.',
  })
  expiresAt?: Date | null

  @Field(() => [ScopeInput], { description: 'What it may do: at least one scope, at most 50 named repositories.' })
  scopes!: ScopeInput[]

  @Field(() => Int, { nullable: true, description: "Pulls a usage window; null: the plan's." })
  pullLimit?: number | null

  @Field(() => String, {
    nullable: true,
    description:
      'Any text of your own, up to 200 characters. A retry with the same key and input answers the token it made before, without the secret, and never makes a second one.',
  })
  idempotencyKey?: string | null
}

@InputType({ description: 'How a token is rotated.' })
export class RotateTokenInput {
  @Field(() => Int, {
    nullable: true,
    defaultValue: 0,
    description:
      'How long the old secret goes on beside the new one, 0 to 604800 seconds (7 days); with 0 it ends at once. It never outlives its token, nor the first use of the new one by more than 10 minutes.',
  })
  graceSeconds?: number | null

  @Field(() => String, {
    nullable: true,
    description:
      'Any text of your own, up to 200 characters. A retry with the same key and input answers the token without the secret, and never rotates it twice.',
  })
  idempotencyKey?: string | null
}

@InputType({
  description:
    'Changes to a token. What is absent stays as it is; the expiry never changes. What does not fit the kind of token is refused.',
})
export class UpdateTokenInput {
  @Field(() => String, { nullable: true, description: 'What people call it, 1 to 100 characters.' })
  label?: string | null

  @Field(() => String, { nullable: true, description: 'What it is for; null takes the description away.' })
  description?: string | null

  @Field(() => [ScopeInput], {
    nullable: true,
    description: 'For organization tokens: what it may do from now on, in place of all it could.',
  })
  scopes?: ScopeInput[] | null

  @Field(() => Int, {
    nullable: true,
    description: "For organization tokens: pulls a usage window; null: the plan's.",
  })
  pullLimit?: number | null

  @Field(() => PersonalAccessEnum, {
    nullable: true,
    description: 'For personal tokens, but those of devices: what it may do at most from now on.',
  })
  access?: PersonalAccess | null

  @Field(() => [String], {
    nullable: true,
    description:
      'For personal tokens, but those of devices: the full names of the only repositories it reaches from now on, 1 to 50. Null: every repository that the person can reach.',
  })
  repositories?: string[] | null
}
