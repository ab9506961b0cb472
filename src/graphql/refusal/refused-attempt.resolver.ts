import { Ctx, FieldResolver, Resolver, Root } from 'type-graphql'
import type { UserRow } from '../../domain/account/user-store.ts'
import type { OrganizationRow } from '../../domain/model/organization.ts'
import { actingPerson } from '../../domain/policy/principal.ts'
import { listRefusedAttempts } from '../../domain/refusal/list-refused-attempts.ts'
import { Organization } from '../account/organization.types.ts'
import { User } from '../account/user.types.ts'
import type { Context } from '../context.ts'
import { RefusedAttempt, toRefusedAttempt } from './refused-attempt.types.ts'

@Resolver(() => Organization)
export class OrganizationRefusedAttempts {
  @FieldResolver(() => [RefusedAttempt], {
    nullable: true,
    description:
      'Last 20 rejected logins with the name of the organization and an unknown or quoted secret, newest first. ' +
      'Only for people who manage its tokens.',
  })
  async refusedAttempts(@Root() { id }: OrganizationRow, @Ctx() context: Context): Promise<RefusedAttempt[]> {
    return (await listRefusedAttempts(context, id)).map(toRefusedAttempt)
  }
}

@Resolver(() => User)
export class UserRefusedAttempts {
  @FieldResolver(() => [RefusedAttempt], {
    nullable: true,
    description:
      "Last 20 rejected sign-ins and logins with the person's username, except those with a personal token of " +
      'theirs, newest first. Visible only to the person, when signed in; null for other callers.',
  })
  async refusedAttempts(@Root() { id }: UserRow, @Ctx() context: Context): Promise<RefusedAttempt[] | null> {
    if (actingPerson(context.principal)?.user.id !== id) return null
    return (await listRefusedAttempts(context, id)).map(toRefusedAttempt)
  }
}
