import { randomBytes } from 'node:crypto'
import { globSync } from 'node:fs'
import { escapeIdentifier } from 'pg'
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { explainDatabaseFailure } from '../../src/database/explain-failure.ts'
import { migrateDatabase, revertMigrations } from '../../src/database/migrate.ts'
import { type Database, openDatabase } from '../../src/database/open-database.ts'
import { createTestDatabase, dropDatabase, execute, urlOfDatabase } from '../harness/database.ts'

const made: string[] = []

/** A database without any table. */
async function createEmptyDatabase(): Promise<string> {
  const name = `${inject('databasePrefix')}${randomBytes(4).toString('hex')}`
  await execute(inject('clusterUrl'), `create database ${escapeIdentifier(name)}`)
  made.push(name)
  return urlOfDatabase(inject('clusterUrl'), name)
}
afterAll(async () => {
  for (const name of made) await dropDatabase(inject('clusterUrl'), name)
})

// Everything that a migration makes, in words; nothing that differs from one database to the next, such as an oid.
const dumps = {
  columns: `select table_name, ordinal_position, column_name, column_default, is_nullable, data_type, datetime_precision,
      collation_name, is_identity, is_generated from information_schema.columns where table_schema = 'public'`,
  constraints: `select conrelid::regclass::text as table, conname, pg_get_constraintdef(oid) as definition
      from pg_constraint where connamespace = 'public'::regnamespace`,
  indexes: `select tablename, indexname, indexdef from pg_indexes where schemaname = 'public'`,
  relations: `select relname, relkind, reloptions, relpersistence from pg_class where relnamespace = 'public'::regnamespace`,
  functions: `select proname, pg_get_functiondef(oid) as definition from pg_proc where pronamespace = 'public'::regnamespace`,
  triggers: `select tgrelid::regclass::text as table, pg_get_triggerdef(oid) as definition from pg_trigger where not tgisinternal`,
  types: `select typname from pg_type where typnamespace = 'public'::regnamespace and typtype in ('e', 'd')`,
}

// One statement, because a connection costs more than all the rest.
const dumpAll = Object.entries(dumps)
  .map(([part, query]) => `select '${part}' as part, to_json(made)::text as row from (${query}) made`)
  .join(' union all ')

async function dump(url: string): Promise<Record<string, unknown[]>> {
  const made = Map.groupBy(await execute(url, dumpAll), ({ part }) => String(part))
  return Object.fromEntries([...made].map(([part, rows]) => [part, rows.map(({ row }) => row).sort()]))
}

const migrationFiles = globSync('migrations/*.ts').length

describe('a database that does not exist', () => {
  it('is not created, though the role may, since a typo in DATABASE_URL would make an empty Postern', async () => {
    const name = `${inject('databasePrefix')}missing`
    made.push(name)
    const url = urlOfDatabase(inject('clusterUrl'), name)
    const failure: unknown = await migrateDatabase(url).catch((error: unknown) => error)
    expect(explainDatabaseFailure(failure)).toMatch(
      new RegExp(
        `^There is no database "${name}" on the server of DATABASE_URL\\. Create it with .*, or correct the name`,
      ),
    )
    expect(await execute(inject('clusterUrl'), `select from pg_database where datname = '${name}'`)).toEqual([])
  })
})

describe('the migrations', () => {
  it('make on an empty database what the template of the tests has', async () => {
    const url = await createEmptyDatabase()
    await migrateDatabase(url)
    const schema = await dump(url)
    const copy = await createTestDatabase()
    expect(await dump(copy.url)).toEqual(schema)
    await copy.drop()
    expect(schema.columns?.length).toBeGreaterThan(50)
    expect(schema.constraints?.length).toBeGreaterThan(20)
    const names = await execute(url, 'select name from migration order by id')
    expect(names.map(({ name }) => name)).toEqual(
      globSync('migrations/*.ts')
        .map((file) => /([^/\\]+)\.ts$/.exec(file)?.[1])
        .sort(),
    )
    await migrateDatabase(url)
    expect(await dump(url)).toEqual(schema)
    expect(await execute(url, 'select name from migration order by id')).toEqual(names)
  })

  it('taken back one by one leave nothing but their own table, and made again make the same', async () => {
    const url = await createEmptyDatabase()
    await migrateDatabase(url)
    const full = await dump(url)
    const steps = [full]
    for (let left = migrationFiles; left > 0; left--) {
      await revertMigrations(url, 1)
      steps.push(await dump(url))
    }
    // Every one of them has made something, and has taken it back.
    expect(new Set(steps.map((step) => JSON.stringify(step))).size).toBe(migrationFiles + 1)
    const tables = await execute(url, "select table_name from information_schema.tables where table_schema = 'public'")
    expect(tables).toEqual([{ table_name: 'migration' }])
    expect(await execute(url, 'select * from migration')).toEqual([])

    await migrateDatabase(url)
    expect(await dump(url)).toEqual(full)
    await revertMigrations(url, migrationFiles)
    await migrateDatabase(url)
    expect(await dump(url)).toEqual(full)
  })

  it('run once when eight start at once', async () => {
    const [url, alone] = [await createEmptyDatabase(), await createEmptyDatabase()]
    await Promise.all(Array.from({ length: 8 }, () => migrateDatabase(url)))
    await migrateDatabase(alone)
    expect(await dump(url)).toEqual(await dump(alone))
    expect(await execute(url, 'select count(*)::int as count from migration')).toEqual([{ count: migrationFiles }])
  })

  it('happen wholly or not at all', async () => {
    const url = await createEmptyDatabase()
    // What the third migration is going to make is there already, so it fails in the middle.
    await execute(url, 'create table access_token_scope ()')
    await expect(migrateDatabase(url)).rejects.toThrow('access_token_scope')
    const names = await execute(url, 'select name from migration order by id')
    const [exists] = await execute(url, "select to_regclass('access_token')::text as name")
    expect({ names: names.map(({ name }) => name), exists: exists?.name }).toEqual({
      names: expect.not.arrayContaining(['0003-access-tokens']),
      exists: null,
    })
    await execute(url, 'drop table access_token_scope')
    await migrateDatabase(url)
    expect(await execute(url, 'select count(*)::int as count from migration')).toEqual([{ count: migrationFiles }])
  })
})

describe('the tables', () => {
  let url: string
  let orm: Database
  beforeAll(async () => {
    url = await createEmptyDatabase()
    await migrateDatabase(url)
    orm = await openDatabase(url)
  })
  afterAll(() => orm.close())

  it('have the columns of the entities, and no others, null where the entities say so', async () => {
    const ofEntities = [...orm.getMetadata().getAll().values()].flatMap((entity) =>
      entity.props.flatMap((property) =>
        (property.fieldNames ?? []).map((column) => `${entity.tableName}.${column}${property.nullable ? ' null' : ''}`),
      ),
    )
    const rows = await execute(
      url,
      `select table_name, column_name, is_nullable from information_schema.columns
       where table_schema = 'public' and table_name <> 'migration' and table_name not in (${partitions})`,
    )
    const ofTables = rows.map(
      (row) => `${row.table_name}.${row.column_name}${row.is_nullable === 'YES' ? ' null' : ''}`,
    )
    expect(ofTables.length).toBeGreaterThan(50)
    expect([...new Set(ofEntities)].sort()).toEqual(ofTables.sort())
  })

  it('have the types of the entities', async () => {
    const ofEntities = [...orm.getMetadata().getAll().values()].flatMap((entity) =>
      entity.props.flatMap((property) =>
        (property.fieldNames ?? []).map((column, i) => {
          const type = property.columnTypes?.[i] ?? ''
          return `${entity.tableName}.${column} ${canonicalTypes[type.replace(/\(.*\)/, '')] ?? type.replace(/\(.*\)/, '')}`
        }),
      ),
    )
    const rows = await execute(
      url,
      `select attrelid::regclass::text || '.' || attname || ' ' || format_type(atttypid, null) as column
       from pg_attribute join pg_class on pg_class.oid = attrelid
       where relnamespace = 'public'::regnamespace and relkind in ('r', 'p') and not relispartition and attnum > 0 and not attisdropped
         and relname <> 'migration'`,
    )
    expect([...new Set(ofEntities)].sort()).toEqual(rows.map(({ column }) => String(column)).sort())
  })

  it('have a key with the columns that the entities are known by', async () => {
    const rows = await execute(
      url,
      `select conrelid::regclass::text as name, array_agg(attname::text) as columns
       from pg_constraint join pg_attribute on attrelid = conrelid and attnum = any (conkey)
       where contype in ('p', 'u') and connamespace = 'public'::regnamespace group by conrelid, pg_constraint.oid`,
    )
    const keys = rows.map(({ name, columns }) => ({ name, columns: new Set(Array.isArray(columns) ? columns : []) }))
    for (const entity of orm.getMetadata().getAll().values()) {
      const columns = entity.getPrimaryProps().flatMap((property) => property.fieldNames)
      // A key that begins with the namespace is one column longer than the entity's.
      const isKey = keys.some(
        (key) => key.name === entity.tableName && columns.every((column) => key.columns.has(column)),
      )
      expect(isKey, entity.tableName).toBe(true)
    }
  })

  it('say of every foreign key what a deletion does', async () => {
    const rows = await execute(
      url,
      `select conrelid::regclass::text as table, confrelid::regclass::text as target, pg_get_constraintdef(oid) as definition
       from pg_constraint where contype = 'f' and connamespace = 'public'::regnamespace and conparentid = 0`,
    )
    const rules = rows.map(
      ({ table, target, definition }) =>
        `${table} > ${target}: ${/ON DELETE (\w+ ?\w*)/.exec(String(definition))?.[1]?.trim() ?? 'NO ACTION'}`,
    )
    expect(rules.sort()).toEqual([
      'access_token > namespace: CASCADE',
      // A device's token ends with its session.
      'access_token > session: CASCADE',
      // The token stays when the person who made it goes.
      'access_token > user_account: SET NULL',
      'access_token_address > access_token: CASCADE',
      'access_token_last_use > access_token: CASCADE',
      'access_token_scope > access_token: CASCADE',
      'access_token_scope > repository: CASCADE',
      'access_token_secret > access_token: CASCADE',
      'activity_chain > namespace: CASCADE',
      'activity_checkpoint > namespace: CASCADE',
      'activity_event > namespace: CASCADE',
      'company_owner > company: CASCADE',
      'company_owner > user_account: CASCADE',
      'delivery > notice: CASCADE',
      'delivery > user_account: CASCADE',
      'delivery > webhook: CASCADE',
      'group_membership > member_group: CASCADE',
      'group_membership > membership: CASCADE',
      'group_repository > member_group: CASCADE',
      'group_repository > repository: CASCADE',
      'idempotency_key > namespace: CASCADE',
      // The invite goes on, into the organization alone.
      'invite > member_group: SET NULL',
      'invite > organization: CASCADE',
      'invite > user_account: CASCADE',
      'invite > user_account: SET NULL',
      'member_group > organization: CASCADE',
      'membership > organization: CASCADE',
      'membership > user_account: CASCADE',
      'notice > namespace: CASCADE',
      // The organizations stay when their company goes.
      'organization > company: SET NULL',
      'organization > namespace: CASCADE',
      'pull_reservation > namespace: CASCADE',
      'refused_attempt > access_token: CASCADE',
      'refused_attempt > namespace: CASCADE',
      'repository > namespace: CASCADE',
      'repository_tag > repository: CASCADE',
      'session > user_account: CASCADE',
      'sso_attempt > organization: CASCADE',
      'sso_identity > organization: CASCADE',
      'sso_identity > user_account: CASCADE',
      'sso_provider > organization: CASCADE',
      'usage_day > namespace: CASCADE',
      'usage_window > namespace: CASCADE',
      'user_account > namespace: CASCADE',
      'webhook > organization: CASCADE',
    ])
  })

  it('have an index for every foreign key, so that no deletion has to scan a table', async () => {
    const rows = await execute(
      url,
      `select conrelid::regclass::text as table, conname from pg_constraint c
       where contype = 'f' and connamespace = 'public'::regnamespace and not exists (
         select from pg_index i,
           lateral (select array_agg(k) as keys from unnest((i.indkey::int2[])[0:i.indnkeyatts - 1]) k) whole,
           lateral (select array_agg(k) as prefix from unnest((i.indkey::int2[])[0:cardinality(c.conkey) - 1]) k) beginning
         where i.indrelid = c.conrelid and (prefix @> c.conkey or i.indisunique and keys <@ c.conkey))`,
    )
    expect(rows).toEqual([])
  })

  it('begin the key of all that belongs to a namespace with the namespace', async () => {
    const rows = await execute(
      url,
      `select c.conrelid::regclass::text as table, (select attname from pg_attribute where attrelid = c.conrelid and attnum = c.conkey[1]) as first
       from pg_constraint c where contype = 'p' and exists (
         select from pg_attribute where attrelid = c.conrelid and attname = 'namespace_id')`,
    )
    expect(rows.length).toBeGreaterThan(5)
    expect(rows.filter(({ first }) => first !== 'namespace_id')).toEqual([])
  })
})

// They are in the table that they are parts of.
const partitions = 'select relname from pg_class where relispartition'

const canonicalTypes: Record<string, string> = {
  int: 'integer',
  timestamptz: 'timestamp with time zone',
}
