import { Field, ObjectType, registerEnumType } from 'type-graphql'
import { type UserError as DomainUserError, userErrorCodes } from '../domain/shared/errors.ts'
import type { Context } from './context.ts'
import { createLoaders } from './loaders.ts'

export const UserErrorCode = Object.fromEntries(userErrorCodes.map((code) => [code, code]))
registerEnumType(UserErrorCode, {
  name: 'UserErrorCode',
  description: 'Kind of error that a person can correct.',
  valuesConfig: {
    INVALID: { description: 'Malformed, out of range, or not allowed in this state. The message states the rule.' },
    TAKEN: {
      description:
        'The name is in use (people and organizations share one set of names), or the organization is in another ' +
        'company.',
    },
    NOT_FOUND: { description: 'The resource does not exist, or the caller cannot see it.' },
    PLAN_REQUIRED: {
      description:
        'The plan has no organization tokens, so existing ones are suspended. By default, TEAM and BUSINESS have.',
    },
    TOKEN_LIMIT_REACHED: { description: 'The organization has as many tokens as its plan allows. Delete one first.' },
    SCOPE_NOT_ALLOWED: { description: 'The permission does not fit the resource, or the caller cannot grant it.' },
    TOKEN_INACTIVE: {
      description:
        'The token is inactive. An inactive organization token can only be deleted, unless the policy of the ' +
        'organization allows activation.',
    },
    TOKEN_EXPIRED: { description: 'The token has expired and can only be deleted.' },
    LAST_OWNER: { description: 'An organization or a company must keep at least one owner.' },
    SIGN_IN_FAILED: { description: 'The credentials were rejected. The code is the same for every reason.' },
    SSO_REQUIRED: {
      description: 'The person must sign in through the provider of their organization.',
      deprecationReason:
        'Never returned, because it would disclose that the password was correct. SIGN_IN_FAILED is returned ' +
        'instead.',
    },
    IDEMPOTENCY_CONFLICT: { description: 'The idempotency key was used before with another input.' },
  },
})

@ObjectType({ description: 'Error in the input of a mutation. Nothing was changed.', simpleResolvers: true })
export class UserError {
  @Field(() => UserErrorCode, { description: 'Kind of error, for programs.' })
  code!: DomainUserError['code']

  @Field(() => String, { description: 'Sentence for people that says what to do.' })
  message!: string

  @Field(() => [String], {
    description: 'Path to the invalid argument, for example `["input", "scopes", "2", "path"]`.',
  })
  path!: readonly string[]
}

/** The field of every payload with the errors in the input. */
export function UserErrorsField(): PropertyDecorator {
  return Field(() => [UserError], {
    description: 'Errors in the input. Empty if the mutation succeeded.',
  })
}

/**
 * The payload of a verb that succeeds. Loaders are created again, because the verb may have changed what they have
 * cached.
 */
export async function toPayload<T extends object>(
  context: Context,
  outcome: () => Promise<T>,
): Promise<T & { userErrors: readonly UserError[] }> {
  const payload = await outcome()
  context.loaders = createLoaders(context)
  return { ...payload, userErrors: [] }
}
