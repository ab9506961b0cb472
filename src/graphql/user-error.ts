import { Field, ObjectType, registerEnumType } from 'type-graphql'
import { Denied, type UserError as DomainUserError, InvalidInput, userErrorCodes } from '../domain/shared/errors.ts'
import type { Context } from './context.ts'
import { createLoaders } from './loaders.ts'

export const UserErrorCode = Object.fromEntries(userErrorCodes.map((code) => [code, code]))
registerEnumType(UserErrorCode, {
  name: 'UserErrorCode',
  description: 'Why an input could not be acted upon. Each is something that a person can put right.',
  valuesConfig: {
    INVALID: { description: 'Malformed or out of range; the message says the rule.' },
    TAKEN: {
      description:
        'The name is in use: people and organizations share one namespace of names. Or the organization is in another company.',
    },
    NOT_FOUND: { description: 'Names something that does not exist, or that the caller may not know of.' },
    PLAN_REQUIRED: { description: 'Organization tokens need a Team or Business plan.' },
    TOKEN_LIMIT_REACHED: { description: "The plan's number of tokens is used up; delete one to make room." },
    SCOPE_NOT_ALLOWED: { description: 'The permission does not fit the resource, or exceeds what may be given.' },
    TOKEN_INACTIVE: {
      description:
        'An inactive organization token can only be deleted, unless the policy of its organization says otherwise.',
    },
    TOKEN_EXPIRED: { description: 'An expired token can only be deleted.' },
    LAST_OWNER: { description: 'An organization keeps at least one owner, and so does a company.' },
    SIGN_IN_FAILED: { description: 'The credentials are wrong; one answer for every reason.' },
    SSO_REQUIRED: {
      description: 'An organization of theirs has people sign in through its own provider.',
      deprecationReason: 'Never returned: it would tell that the password was right. SIGN_IN_FAILED is.',
    },
    IDEMPOTENCY_CONFLICT: { description: 'The idempotency key was used before, with another input.' },
  },
})

@ObjectType({ description: 'One fault of an input. Nothing was changed.', simpleResolvers: true })
export class UserError {
  @Field(() => UserErrorCode, { description: 'The kind of fault, for programs.' })
  code!: DomainUserError['code']

  @Field(() => String, { description: 'One sentence that says what to do, for people.' })
  message!: string

  @Field(() => [String], {
    description: 'Where in the arguments the fault is, for example `["input", "scopes", "2", "path"]`.',
  })
  path!: readonly string[]
}

/** The field that every payload has: what kept the mutation from happening. */
export function UserErrorsField(): PropertyDecorator {
  return Field(() => [UserError], {
    description: 'What kept the mutation from happening; empty when it happened.',
  })
}

/**
 * The payload of a verb: its outcome, or the faults of its input as data with every other member null. What loaders have
 * read before is forgotten: a verb may have changed it.
 */
export async function toPayload<T extends object>(
  context: Context,
  outcome: () => Promise<T>,
): Promise<(T | Record<keyof T, null>) & { userErrors: readonly UserError[] }> {
  try {
    const payload = await outcome()
    context.loaders = createLoaders(context)
    return { ...payload, userErrors: [] }
  } catch (error) {
    if (error instanceof InvalidInput) return { userErrors: error.userErrors } as never
    if (error instanceof Denied) context.limits.noteWait(error.wait)
    throw error
  } finally {
    // Else the next mutation of the same request would write what this one had changed before it was refused.
    context.em.clear()
  }
}
