import { Field, InputType, Int } from 'type-graphql'
import type { PersonalAccess } from '../../domain/model/personal-access.ts'
import { DateTime } from '../date-time.ts'
import { ScopeInput } from './scope.types.ts'
import { PersonalAccessEnum } from './token.types.ts'

@InputType({ description: 'A new organization token.' })
export class GenerateOrganizationTokenInput {
  @Field(() => String, { description: 'Name of the organization that owns the token.' })
  organization!: string

  @Field(() => String, { description: 'Display name, 1 to 100 characters.' })
  label!: string

  @Field(() => String, { nullable: true, description: 'Purpose, up to 200 characters.' })
  description?: string | null

  @Field(() => DateTime, {
    nullable: true,
    description:
      'Time when the token expires, at most one year from now. Null means never. It cannot be changed later.',
  })
  expiresAt?: Date | null

  @Field(() => [ScopeInput], {
    description: 'What the token may do: at least one scope, and at most 50 repositories by name.',
  })
  scopes!: ScopeInput[]

  @Field(() => Int, { nullable: true, description: 'Pulls per window. Null means the limit of the plan.' })
  pullLimit?: number | null

  @Field(() => String, {
    nullable: true,
    description:
      'Any text, up to 200 characters. A retry with the same key and input returns the same token without its ' +
      'secret, and does not generate another one.',
  })
  idempotencyKey?: string | null
}

@InputType({ description: 'Options of a rotation.' })
export class RotateTokenInput {
  @Field(() => Int, {
    nullable: true,
    defaultValue: 0,
    description:
      'Time for which the old secret stays valid beside the new one: 0 to 604800 seconds (7 days). With 0 it ' +
      'expires at once. It expires with its token and 10 minutes after the first use of the new secret at the ' +
      'latest.',
  })
  graceSeconds?: number | null

  @Field(() => String, {
    nullable: true,
    description:
      'Any text, up to 200 characters. A retry with the same key and input returns the token without its secret, ' +
      'and does not rotate it again.',
  })
  idempotencyKey?: string | null
}

@InputType({
  description:
    'Changes to a token. Omitted fields do not change, and the expiry never does. Fields for the other kind of ' +
    'token are invalid.',
})
export class UpdateTokenInput {
  @Field(() => String, { nullable: true, description: 'Display name, 1 to 100 characters.' })
  label?: string | null

  @Field(() => String, { nullable: true, description: 'Purpose, up to 200 characters. Null removes it.' })
  description?: string | null

  @Field(() => [ScopeInput], {
    nullable: true,
    description: 'New scopes of an organization token. They replace all previous scopes.',
  })
  scopes?: ScopeInput[] | null

  @Field(() => Int, {
    nullable: true,
    description: 'Pulls per window of an organization token. Null means the limit of the plan.',
  })
  pullLimit?: number | null

  @Field(() => PersonalAccessEnum, {
    nullable: true,
    description: 'New access level of a personal token, except a token of a device.',
  })
  access?: PersonalAccess | null

  @Field(() => [String], {
    nullable: true,
    description:
      'Full names of 1 to 50 repositories: a personal token can then reach only these. Null means every repository ' +
      'that the person can reach. Not for tokens of devices.',
  })
  repositories?: string[] | null
}
