import { Migrator } from '@mikro-orm/migrations'
import { type EntityManager, MikroORM } from '@mikro-orm/postgresql'
import pg from 'pg'
import { Accounts } from '../../migrations/0001-accounts.ts'
import { Repositories } from '../../migrations/0002-repositories.ts'
import { AccessTokens } from '../../migrations/0003-access-tokens.ts'
import { ActivityAndUsage } from '../../migrations/0004-activity-and-usage.ts'
import { SigningKeys } from '../../migrations/0005-signing-keys.ts'
import { PersonalTokens } from '../../migrations/0006-personal-tokens.ts'
import { People } from '../../migrations/0007-people.ts'
import { PolicyAndSso } from '../../migrations/0008-policy-and-sso.ts'
import { Notices } from '../../migrations/0009-notices.ts'
import { ActivityChain } from '../../migrations/0010-activity-chain.ts'
import { RegistryEvents } from '../../migrations/0011-registry-events.ts'
import { UsageReports } from '../../migrations/0012-usage-reports.ts'
import { RefusedAttempts } from '../../migrations/0013-refused-attempts.ts'
import { Webhooks } from '../../migrations/0014-webhooks.ts'
import { TokenAddresses } from '../../migrations/0015-token-addresses.ts'
import { ShortWaits } from '../../migrations/0016-short-waits.ts'
import { FailureCounts } from '../../migrations/0017-failure-counts.ts'
import { PlainNames } from '../../migrations/0018-plain-names.ts'
import { PullReservations } from '../../migrations/0019-pull-reservations.ts'
import { DeviceRequests } from '../../migrations/0020-device-requests.ts'
import { RegistryLogins } from '../../migrations/0021-registry-logins.ts'
import { TokenSelfRotation } from '../../migrations/0022-token-self-rotation.ts'
import { parseDatabaseUrl } from '../database-url/parse-database-url.ts'
import { ensureActivityPartitions } from '../domain/activity/ensure-activity-partitions.ts'
import { entities } from '../domain/sql/tables.ts'
import { connectionOptions, defaultApplicationName } from './connection-options.ts'

/** All migrations, in the order in which they run. A new one is added at the end. */
const migrationsList = [
  Accounts,
  Repositories,
  AccessTokens,
  ActivityAndUsage,
  SigningKeys,
  PersonalTokens,
  People,
  PolicyAndSso,
  Notices,
  ActivityChain,
  RegistryEvents,
  UsageReports,
  RefusedAttempts,
  Webhooks,
  TokenAddresses,
  ShortWaits,
  FailureCounts,
  PlainNames,
  PullReservations,
  DeviceRequests,
  RegistryLogins,
  TokenSelfRotation,
]

// The number of the advisory lock for migrations. Any number works if it is the same in every instance.
const migrationLock = 7_075_683
const connectTimeoutMs = 5_000

/**
 * Migrates the database. Instances that start together wait for each other; the migrator itself has no lock. Also
 * ensures the partitions of the activity log for this month and the next. Throws if the database is unavailable or a
 * migration fails. Each migration is one transaction.
 */
export function migrateDatabase(url: string): Promise<void> {
  return withMigrator(url, async (migrator, em) => {
    await migrator.up()
    await ensureActivityPartitions(em, new Date())
  })
}

/**
 * Reverts the newest `count` migrations, and deletes the data in what they added. Throws if another connection has the
 * application name of this one or Postern's default: a running instance would miss tables that it needs, for example
 * for the limits of failed attempts.
 */
export function revertMigrations(url: string, count: number): Promise<void> {
  return withMigrator(url, async (migrator, em) => {
    const [others] = await em.execute<Array<{ count: number }>>(
      `select count(*)::int from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()
         and backend_type = 'client backend' and application_name in (current_setting('application_name'), ?)`,
      [defaultApplicationName],
    )
    if (others !== undefined && others.count > 0)
      throw new Error(
        `Other connections of Postern to this database are open (${others.count}). Stop all of its instances first.`,
      )
    for (let reverted = 0; reverted < count; reverted++) await migrator.down()
  })
}

async function withMigrator(
  url: string,
  work: (migrator: Migrator, em: EntityManager) => Promise<void>,
): Promise<void> {
  const orm = await MikroORM.init({
    ...connectionOptions(parseDatabaseUrl(url), { Client: pg.Client, connectTimeoutMs, options: [] }),
    entities,
    // If the name has a typo, Postern must not start with a new, empty database.
    ensureDatabase: false,
    extensions: [Migrator],
    // One connection has the lock while the other migrates.
    pool: { min: 0, max: 2 },
    migrations: { migrationsList, snapshot: false, disableForeignKeys: false, tableName: 'migration', silent: true },
    allowGlobalContext: true,
  })
  try {
    await orm.em.transactional(async (em) => {
      await em.execute('select pg_advisory_xact_lock(?)', [migrationLock])
      await work(new Migrator(orm.em.fork({ clear: true })), em)
    })
  } finally {
    await orm.close()
  }
}
