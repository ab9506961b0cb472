import { Field, Int, ObjectType, registerEnumType } from 'type-graphql'
import type { Permission } from '../../domain/model/permission.ts'
import { type RefusalReason, refusalMessages, refusalReasons } from '../../domain/model/refusal-reason.ts'
import type { RefusedAttemptRow } from '../../domain/refusal/refused-attempt-store.ts'
import { DateTime } from '../date-time.ts'
import { PermissionEnum } from '../token/scope.types.ts'

export const RefusalReasonEnum = Object.fromEntries(refusalReasons.map((reason) => [reason, reason]))
registerEnumType(RefusalReasonEnum, {
  name: 'RefusalReason',
  description: 'Reason why an attempt was rejected or denied. Clients are never shown it.',
  valuesConfig: {
    UNKNOWN_SECRET: { description: 'No token has this secret.' },
    QUOTED_SECRET: { description: 'The token is in quotation marks.' },
    WRONG_PASSWORD: { description: 'The password is wrong.' },
    TOO_MANY_FAILURES: { description: 'There were too many wrong passwords before, so this one was not checked.' },
    SSO_REQUIRED: { description: 'The person must sign in through the provider of their organization.' },
    WRONG_USERNAME: { description: 'The token is valid, but belongs to another username.' },
    TOKEN_INACTIVE: { description: 'The token is inactive.' },
    TOKEN_SUSPENDED: { description: "The organization's plan has no tokens, so its tokens are suspended." },
    TOKEN_EXPIRED: { description: 'The token has expired.' },
    ROTATED_SECRET: { description: 'The secret was replaced by a rotation and has expired.' },
    PERMISSION_MISSING: { description: 'The token does not have the permission on the repository.' },
    INVALID_REPOSITORY_NAME: { description: 'No repository can have the requested name.' },
    PULL_LIMIT_REACHED: { description: 'All pulls of the window were used up.' },
  },
})

@ObjectType({
  description:
    'Attempts that were rejected or denied for the same reason, from the same address. They are kept for 30 days, ' +
    'and at most 50 of a token or account.',
  simpleResolvers: true,
})
export class RefusedAttempt {
  @Field(() => DateTime, { description: 'Time of the last attempt.' })
  at!: string

  @Field(() => DateTime, { description: 'Time of the first attempt.' })
  firstAt!: string

  @Field(() => Int, { description: 'Number of attempts.' })
  attempts!: number

  @Field(() => RefusalReasonEnum, { description: 'Why.' })
  reason!: RefusalReason

  @Field(() => String, { description: 'What the reason means, and what to do about it.' })
  message!: string

  @Field(() => String, { nullable: true, description: 'IP address of the caller. Null if unknown.' })
  ipAddress!: string | null

  @Field(() => String, {
    nullable: true,
    description: 'Client of the last attempt, as in its User-Agent header. Null if it sent no such header.',
  })
  client!: string | null

  @Field(() => String, {
    nullable: true,
    description:
      'Requested repository, as the client sent its name; of long names, the beginning. Null if the reason is not ' +
      'about a repository.',
  })
  repository!: string | null

  @Field(() => PermissionEnum, {
    nullable: true,
    description: 'Permission that was missing on the repository. Null if the reason is not a missing permission.',
  })
  permission!: Permission | null
}

/** A rejected or denied attempt as GraphQL returns it. */
export function toRefusedAttempt(row: RefusedAttemptRow): RefusedAttempt {
  return { ...row, message: refusalMessages[row.reason] }
}
