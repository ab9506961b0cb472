import type { EntityManager } from '@mikro-orm/postgresql'
import { sql } from 'kysely'
import { statement, type ValueOf } from '../sql/statement.ts'

const endForPerson = statement((db, value: ValueOf<{ organizationId: string; userId: string }>) =>
  db
    .deleteFrom('invite')
    .where('organization_id', '=', value('organizationId'))
    .where(
      sql<boolean>`(user_id = ${value('userId')}
        or lower(email) = (select lower(u.email) from user_account u where u.id = ${value('userId')}))`,
    ),
)

/**
 * Ends the open invites of an organization that are for a person, by name or by address, in the transaction that `em` is
 * in: once they have come in, or have been taken out, none that is left over is to let them in again.
 */
export async function endInvitesFor(em: EntityManager, organizationId: string, userId: string): Promise<void> {
  await endForPerson(em, { organizationId, userId })
}

const endGivenBy = statement((db, value: ValueOf<{ organizationId: string; userId: string }>) =>
  db
    .deleteFrom('invite')
    .where('organization_id', '=', value('organizationId'))
    .where('invited_by_id', '=', value('userId')),
)

/** Ends those that a person gave, who may give none any more. */
export async function endInvitesBy(em: EntityManager, organizationId: string, userId: string): Promise<void> {
  await endGivenBy(em, { organizationId, userId })
}

const selectOwner = statement((db, value: ValueOf<{ organizationId: string; userId: string }>) =>
  db
    .selectFrom('organization as o')
    .select('o.id')
    .where('o.id', '=', value('organizationId'))
    .where((where) =>
      where.or([
        where.exists(
          where
            .selectFrom('membership as m')
            .select('m.user_id')
            .whereRef('m.organization_id', '=', 'o.id')
            .where('m.user_id', '=', value('userId'))
            .where('m.role', '=', 'OWNER'),
        ),
        where.exists(
          where
            .selectFrom('company_owner as c')
            .select('c.user_id')
            .whereRef('c.company_id', '=', 'o.company_id')
            .where('c.user_id', '=', value('userId')),
        ),
      ]),
    ),
)

/** Whether a person owns the organization or its company: only then do the invites hold that they gave. */
export async function ownsOrganization(em: EntityManager, organizationId: string, userId: string): Promise<boolean> {
  return (await selectOwner(em, { organizationId, userId })).length > 0
}
