import { Ctx, FieldResolver, Resolver, Root } from 'type-graphql'
import type { UserRow } from '../../domain/account/user-store.ts'
import type { OrganizationRow } from '../../domain/model/organization.ts'
import { actingPerson } from '../../domain/policy/principal.ts'
import { findRefusedAttemptsOfAccount } from '../../domain/refusal/find-refused-attempts.ts'
import { Organization } from '../account/organization.types.ts'
import { User } from '../account/user.types.ts'
import type { Context } from '../context.ts'
import { RefusedAttempt, toRefusedAttempt } from './refused-attempt.types.ts'

@Resolver(() => Organization)
export class OrganizationRefusedAttempts {
  @FieldResolver(() => [RefusedAttempt], {
    description:
      "The last 20 refused logins with the name of the organization and a secret that is none of its tokens', the latest first. For those who manage its tokens.",
  })
  async refusedAttempts(@Root() { id }: OrganizationRow, @Ctx() { em }: Context): Promise<RefusedAttempt[]> {
    return (await findRefusedAttemptsOfAccount(em, id)).map(toRefusedAttempt)
  }
}

@Resolver(() => User)
export class UserRefusedAttempts {
  @FieldResolver(() => [RefusedAttempt], {
    nullable: true,
    description:
      'The last 20 refused sign-ins and logins with their name that were none of their tokens, the latest first. Null for everybody but the person, signed in.',
  })
  async refusedAttempts(@Root() { id }: UserRow, @Ctx() { em, principal }: Context): Promise<RefusedAttempt[] | null> {
    if (actingPerson(principal)?.user.id !== id) return null
    return (await findRefusedAttemptsOfAccount(em, id)).map(toRefusedAttempt)
  }
}
