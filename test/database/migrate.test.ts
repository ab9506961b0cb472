import { randomBytes } from 'node:crypto'
import { globSync } from 'node:fs'
import { escapeIdentifier } from 'pg'
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { explainDatabaseFailure } from '../../src/database/explain-failure.ts'
import { migrateDatabase, revertMigrations } from '../../src/database/migrate.ts'
import { type Database, openDatabase } from '../../src/database/open-database.ts'
import { createTestDatabase, dropDatabase, execute, urlOfDatabase } from '../harness/database.ts'

const created: string[] = []

/** A database without tables. */
async function createEmptyDatabase(): Promise<string> {
  const name = `${inject('databasePrefix')}${randomBytes(4).toString('hex')}`
  await execute(inject('clusterUrl'), `create database ${escapeIdentifier(name)}`)
  created.push(name)
  return urlOfDatabase(inject('clusterUrl'), name)
}
afterAll(async () => {
  for (const name of created) await dropDatabase(inject('clusterUrl'), name)
})

// A description of everything that migrations create, without values that differ between databases, such as oids.
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

// One statement, because each connection takes longer than all the rest.
const dumpAll = Object.entries(dumps)
  .map(([part, query]) => `select '${part}' as part, to_json(made)::text as row from (${query}) made`)
  .join(' union all ')

async function dump(url: string): Promise<Record<string, unknown[]>> {
  const created = Map.groupBy(await execute(url, dumpAll), ({ part }) => String(part))
  return Object.fromEntries([...created].map(([part, rows]) => [part, rows.map(({ row }) => row).sort()]))
}

const migrationFiles = globSync('migrations/*.ts').length

describe('a missing database', () => {
  it('a missing database is not created, because a typo in DATABASE_URL would create an empty Postern', async () => {
    const name = `${inject('databasePrefix')}missing`
    created.push(name)
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
  it('create the template of the tests on an empty database', async () => {
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

  it('leave only their own table when they are reverted one by one, and then create the same again', async () => {
    const url = await createEmptyDatabase()
    await migrateDatabase(url)
    const full = await dump(url)
    const steps = [full]
    for (let left = migrationFiles; left > 0; left--) {
      await revertMigrations(url, 1)
      steps.push(await dump(url))
    }
    // Every one of them created something, and removed it.
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

  it('run once if eight instances start at the same time', async () => {
    const [url, alone] = [await createEmptyDatabase(), await createEmptyDatabase()]
    await Promise.all(Array.from({ length: 8 }, () => migrateDatabase(url)))
    await migrateDatabase(alone)
    expect(await dump(url)).toEqual(await dump(alone))
    expect(await execute(url, 'select count(*)::int as count from migration')).toEqual([{ count: migrationFiles }])
  })

  it('succeed completely or change nothing', async () => {
    const url = await createEmptyDatabase()
    // The table of the third migration exists already, so it fails halfway.
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

  it('the tables have exactly the columns of the entities, nullable like the properties', async () => {
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

  it('the tables have the types of the entities', async () => {
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

  it('the tables have the primary keys of the entities', async () => {
    const rows = await execute(
      url,
      `select conrelid::regclass::text as name, array_agg(attname::text) as columns
       from pg_constraint join pg_attribute on attrelid = conrelid and attnum = any (conkey)
       where contype in ('p', 'u') and connamespace = 'public'::regnamespace group by conrelid, pg_constraint.oid`,
    )
    const keys = rows.map(({ name, columns }) => ({ name, columns: new Set(Array.isArray(columns) ? columns : []) }))
    for (const entity of orm.getMetadata().getAll().values()) {
      const columns = entity.getPrimaryProps().flatMap((property) => property.fieldNames)
      // A key that begins with the namespace has one column more than the entity's.
      const isKey = keys.some(
        (key) => key.name === entity.tableName && columns.every((column) => key.columns.has(column)),
      )
      expect(isKey, entity.tableName).toBe(true)
    }
  })

  it('define for every foreign key what a deletion does', async () => {
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
      // The token of a device ends with its session.
      'access_token > session: CASCADE',
      // The token survives the person who created it.
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
      'device_request > session: CASCADE',
      'group_membership > member_group: CASCADE',
      'group_membership > membership: CASCADE',
      'group_repository > member_group: CASCADE',
      'group_repository > repository: CASCADE',
      'idempotency_key > namespace: CASCADE',
      // The invite stays, without the group.
      'invite > member_group: SET NULL',
      'invite > organization: CASCADE',
      'invite > user_account: CASCADE',
      'invite > user_account: SET NULL',
      'member_group > organization: CASCADE',
      'membership > organization: CASCADE',
      'membership > user_account: CASCADE',
      'notice > namespace: CASCADE',
      // The organizations stay when their company is deleted.
      'organization > company: SET NULL',
      'organization > namespace: CASCADE',
      'pull_reservation > namespace: CASCADE',
      'refused_attempt > access_token: CASCADE',
      'refused_attempt > namespace: CASCADE',
      'registry_login > access_token: CASCADE',
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

  it('the tables have an index for every foreign key, so that no deletion scans a table', async () => {
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

  it('begin the key of everything that belongs to a namespace with the namespace', async () => {
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

// Partitions count as part of their table.
const partitions = 'select relname from pg_class where relispartition'

const canonicalTypes: Record<string, string> = {
  int: 'integer',
  timestamptz: 'timestamp with time zone',
}
