import { sql } from 'kysely'

/**
 * For the `with` of a statement, which must read from it. The statement then does not wait until PostgreSQL has it on
 * its disk, which takes longer than all the rest. If PostgreSQL crashes, what was counted in the last half second is
 * lost.
 */
export const withoutWaiting = sql`settings as materialized (select set_config('synchronous_commit', 'off', true))`
