import { readdir, readFile, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect } from 'vitest'
import { findPrograms } from '../../src/database/embedded-postgres/programs.ts'
import { execute } from '../harness/database.ts'
import { createDirectory, type EmbeddedDirectory, it } from '../harness/embedded-directory.ts'

describe('an embedded database', () => {
  let directory: EmbeddedDirectory
  let url: string

  beforeAll(async () => {
    directory = await createDirectory()
    url = (await directory.start()).url
  })
  afterAll(() => directory.remove())

  it('an embedded database is durable, uses UTF-8 and UTC, and sorts the same on every machine', async () => {
    const [settings] = await execute(
      url,
      `select current_setting('fsync') as fsync, current_setting('synchronous_commit') as commit,
         current_setting('full_page_writes') as pages, current_setting('data_checksums') as checksums,
         current_setting('server_encoding') as encoding, current_setting('timezone') as timezone,
         current_setting('max_connections') as connections, datlocprovider as provider, datlocale as locale, datcollate
       from pg_database where datname = current_database()`,
    )
    expect(settings).toEqual({
      fsync: 'on',
      commit: 'on',
      pages: 'on',
      checksums: 'on',
      encoding: 'UTF8',
      timezone: 'UTC',
      connections: '100',
      provider: 'b',
      locale: 'C.UTF-8',
      datcollate: 'C',
    })
  })

  it('an embedded database is called postern, and belongs to a role that is not a superuser', async () => {
    const rows = await execute(
      url,
      `select current_database() as database, current_user as role, rolsuper, rolcreatedb,
         pg_get_userbyid(datdba) as owner
       from pg_roles, pg_database where rolname = current_user and datname = current_database()`,
    )
    expect(rows).toEqual([
      { database: 'postern', role: 'postern', owner: 'postern', rolsuper: false, rolcreatedb: true },
    ])
  })

  it('an embedded database does not start a second time on its directory, and keeps running', async () => {
    await expect(directory.start()).rejects.toThrow(`Another Postern runs on ${directory.path}. Stop it first`)
    expect(await execute(url, 'select 1 as one')).toEqual([{ one: 1 }])
    expect(directory.lines).toEqual([])
  })

  it('logs its own problems, and no query with its values', async () => {
    await expect(execute(url, "select 'hunter2'::int")).rejects.toThrow('hunter2')
    await expect(execute(url, "do $$ begin raise log 'hunter2'; end $$")).resolves.toEqual([])
    await expect(execute(url.replace(/:[^:@]+@/, ':wrong@'), 'select 1')).rejects.toThrow('password authentication')
    await expect.poll(() => directory.lines).toContain('FATAL:  password authentication failed for user "postern"')
    expect(directory.lines.join('\n')).not.toMatch(/hunter2|^LOG|^ERROR/m)
  })

  it('requires a password, which differs between data directories', async () => {
    const other = await directory.start(join(directory.path, 'other'))
    expect(new URL(other.url).password).not.toBe(new URL(url).password)
    const mixed = new URL(other.url)
    mixed.password = new URL(url).password
    await expect(execute(mixed.href, 'select 1')).rejects.toThrow('password authentication failed')
    mixed.username = 'postgres'
    await expect(execute(mixed.href, 'select 1')).rejects.toThrow('pg_hba.conf')
  })

  it('keeps its password in one file that only its owner can read', async () => {
    const { password } = new URL(url)
    const entries = await readdir(directory.path, { recursive: true, withFileTypes: true })
    const holders: string[] = []
    for (const entry of entries.filter((file) => file.isFile())) {
      const path = join(entry.parentPath, entry.name)
      if ((await readFile(path)).includes(password)) holders.push(path)
    }
    expect(holders).toEqual([join(directory.path, 'postgres.password')])
    expect((await stat(join(directory.path, 'postgres.password'))).mode & 0o777).toBe(0o600)
  })
})

describe('starting and stopping an embedded database', () => {
  it('keeps its rows when it is stopped and started again', async ({ directory }) => {
    const first = await directory.start()
    await execute(first.url, 'create table kept as select 42 as answer')
    await first.stop()
    expect(await execute((await directory.start()).url, 'select answer from kept')).toEqual([{ answer: 42 }])
    expect(directory.lines).toEqual([])
  })

  it('is down after a stop, which can be repeated', async ({ usedDirectory: directory }) => {
    const { url, stop } = await directory.start()
    await Promise.all([stop(), stop()])
    await stop()
    await expect(execute(url, 'select 1')).rejects.toThrow('ECONNREFUSED')
    expect(await readdir(join(directory.path, 'postgres'))).not.toContain('postmaster.pid')
  })

  it('stops while a client is in a transaction', async ({ usedDirectory: directory }) => {
    const { url, stop } = await directory.start()
    const sleeping = expect(execute(url, 'select pg_sleep(600)')).rejects.toThrow(/terminat/)
    while ((await execute(url, "select 1 from pg_stat_activity where query like '%(600)'")).length === 0);
    await stop()
    await sleeping
  })

  it('works in a directory whose name is long, with spaces, quotes and other scripts', async ({ directory }) => {
    const { url } = await directory.start(
      join(directory.path, `${'long '.repeat(30)}"quoted" 'name' $HOME ÄЖ日`, 'x'.repeat(100)),
    )
    expect(await execute(url, 'select 1 as one')).toEqual([{ one: 1 }])
  })

  it('starts once if several start at the same time', async ({ directory }) => {
    const starts = await Promise.allSettled([directory.start(), directory.start(), directory.start()])
    const failed = starts.filter((outcome) => outcome.status === 'rejected')
    expect(failed.map(({ reason }) => reason.message)).toEqual(Array(2).fill(expect.stringMatching(/^Another Postern/)))
  })

  it('does not start without its password file, and says which file to restore', async ({
    usedDirectory: directory,
  }) => {
    await (await directory.start()).stop()
    await rm(join(directory.path, 'postgres.password'))
    await expect(directory.start()).rejects.toThrow(`${directory.path}/postgres.password (ENOENT). Restore that file`)
  })

  it('does not start in a directory that is not a cluster, and leaves it unchanged', async ({
    usedDirectory: directory,
  }) => {
    await (await directory.start()).stop()
    await rm(join(directory.path, 'postgres', 'PG_VERSION'))
    await expect(directory.start()).rejects.toThrow(/does not start on .*PG_VERSION/s)
    expect(await readdir(join(directory.path, 'postgres'))).toContain('base')
  })

  it('recommends DATABASE_URL on a platform without embedded PostgreSQL', () => {
    expect(() => findPrograms('sunos', 'sparc')).toThrow(/no embedded PostgreSQL for sunos-sparc.* Set DATABASE_URL/)
  })

  it.runIf(process.platform === 'linux')(
    'never shows its password in the arguments or the environment of a process',
    async ({ directory }) => {
      const seen = new Set<string>()
      const look = async () => {
        for (const pid of (await readdir('/proc')).filter((name) => /^\d+$/.test(name))) {
          const read = (file: string) => readFile(`/proc/${pid}/${file}`, 'utf8').catch(() => '')
          // Before a child executes its program, it has the environment of this process.
          const args = await read('cmdline')
          if (args.includes(directory.path)) seen.add(`${args}\n${await read('environ')}`)
        }
      }
      let isStarting = true
      const starting = directory.start().finally(() => {
        isStarting = false
      })
      while (isStarting) await look()
      const { password } = new URL((await starting).url)
      await look()
      const programsWith = (part: string) =>
        [...seen].filter((text) => text.includes(part)).map((text) => text.split('\0')[0])
      expect(programsWith('initdb\0-D\0')).not.toEqual([])
      expect(programsWith('postgres\0-D\0')).not.toEqual([])
      expect(programsWith(password)).toEqual([])
      expect(programsWith('VITEST')).toEqual([])
    },
  )
})
