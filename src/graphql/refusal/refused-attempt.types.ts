import { Field, Int, ObjectType, registerEnumType } from 'type-graphql'
import type { Permission } from '../../domain/model/permission.ts'
import { type RefusalReason, refusalMessages, refusalReasons } from '../../domain/model/refusal-reason.ts'
import type { RefusedAttemptRow } from '../../domain/refusal/find-refused-attempts.ts'
import { DateTime } from '../date-time.ts'
import { PermissionEnum } from '../token/scope.types.ts'

export const RefusalReasonEnum = Object.fromEntries(refusalReasons.map((reason) => [reason, reason]))
registerEnumType(RefusalReasonEnum, {
  name: 'RefusalReason',
  description: 'Why an attempt was refused. Whoever is refused is told the same whatever it was.',
  valuesConfig: {
    UNKNOWN_SECRET: { description: 'The secret is that of no token.' },
    QUOTED_SECRET: { description: 'The token is in quotation marks.' },
    WRONG_PASSWORD: { description: 'The password is wrong.' },
    TOO_MANY_FAILURES: { description: 'Too many wrong passwords had come from there before.' },
    SSO_REQUIRED: { description: "The person has to sign in through their organization's provider." },
    WRONG_USERNAME: { description: 'The token is right, and belongs to another name.' },
    TOKEN_INACTIVE: { description: 'The token is inactive.' },
    TOKEN_EXPIRED: { description: 'The token has expired.' },
    ROTATED_SECRET: { description: 'A rotation has replaced the secret, and its time is over.' },
    PERMISSION_MISSING: { description: 'The token does not hold the permission on the repository.' },
    PULL_LIMIT_REACHED: { description: 'All pulls of the usage window were used up.' },
  },
})

@ObjectType({
  description:
    'Attempts that were refused for the same reason, from the same address. Kept for 30 days, the latest 50 of each.',
  simpleResolvers: true,
})
export class RefusedAttempt {
  @Field(() => DateTime, { description: 'When the latest of them was.' })
  at!: string

  @Field(() => DateTime, { description: 'When the first of them was.' })
  firstAt!: string

  @Field(() => Int, { description: 'How many there were.' })
  attempts!: number

  @Field(() => RefusalReasonEnum, { description: 'Why.' })
  reason!: RefusalReason

  @Field(() => String, { description: 'What that means, and what to do about it.' })
  message!: string

  @Field(() => String, { nullable: true, description: 'From which address; null when it is not known.' })
  ipAddress!: string | null

  @Field(() => String, { nullable: true, description: 'With which client, as the latest named itself.' })
  client!: string | null

  @Field(() => String, { nullable: true, description: 'The repository that was asked for, where that was the reason.' })
  repository!: string | null

  @Field(() => PermissionEnum, { nullable: true, description: 'The permission that was missing on it.' })
  permission!: Permission | null
}

/** A refused attempt as GraphQL answers it. */
export function toRefusedAttempt(row: RefusedAttemptRow): RefusedAttempt {
  return { ...row, message: refusalMessages[row.reason] }
}
