import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chown, readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { type AddressInfo, createServer, type Server } from 'node:net'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect } from 'vitest'
import { chooseAccount } from '../../src/database/embedded-postgres/account.ts'
import { launcher } from '../../src/database/embedded-postgres/launch.ts'
import { findPrograms } from '../../src/database/embedded-postgres/programs.ts'
import { findFreePort, startServer } from '../../src/database/embedded-postgres/server.ts'
import { execute } from '../harness/database.ts'
import { type EmbeddedDirectory, it, kill, urlFrom } from '../harness/embedded-directory.ts'

function addressOf(server: Server): AddressInfo {
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('The server does not listen.')
  return address
}

const add = (url: string, value: number) => execute(url, `insert into kept values (${value})`)
const kept = async (url: string) => (await execute(url, 'select value from kept order by 1')).map(({ value }) => value)

async function startWithTable(directory: EmbeddedDirectory) {
  const postgres = await directory.start()
  await execute(postgres.url, 'create table kept (value int)')
  await add(postgres.url, 1)
  return postgres
}

describe('an embedded database whose PostgreSQL was killed', () => {
  it('logs that, and has every committed row after the next start', async ({ usedDirectory: directory }) => {
    const { url, stop } = await startWithTable(directory)
    process.kill(await directory.serverPid(), 'SIGKILL')
    await expect.poll(() => directory.lines).toContain('The embedded PostgreSQL has ended (SIGKILL). Restart Postern.')
    await stop()
    expect(await readFile(directory.pidFile(), 'utf8')).not.toBe('')

    const next = await directory.start()
    expect(next.url).not.toBe(url)
    expect(await kept(next.url)).toEqual([1])
  })

  it('starts again while a process of the killed server is still busy', async ({ usedDirectory: directory }) => {
    const { url, stop } = await startWithTable(directory)
    const busy = execute(url, 'do $$ begin loop end loop; end $$').catch(() => undefined)
    while ((await execute(url, "select 1 from pg_stat_activity where query like 'do %'")).length === 0);
    process.kill(await directory.serverPid(), 'SIGKILL')
    await stop()
    expect(await kept((await directory.start()).url)).toEqual([1])
    await busy
  })
})

describe('an embedded database whose owner process was killed', () => {
  it('stops the server that was left running, and starts one with the same rows', async ({
    usedDirectory: directory,
  }) => {
    const owner = directory.startOwner()
    const url = await urlFrom(owner)
    await execute(url, 'create table kept (value int)')
    await add(url, 1)
    const left = await directory.serverPid()
    await kill(owner)
    await add(url, 2)

    const next = await directory.start()
    expect(await kept(next.url)).toEqual([1, 2])
    expect(directory.lines).toEqual([
      `Stopped the PostgreSQL (process ${left}) that a killed Postern had left running.`,
    ])
    await expect(execute(url, 'select 1')).rejects.toThrow('ECONNREFUSED')
  })

  it.for([200, 450, 700])('starts after a first start that was killed after %i ms', async (ms, { directory }) => {
    const owner = directory.startOwner()
    await sleep(ms)
    await kill(owner)
    const { url } = await directory.start()
    expect(await execute(url, 'select current_database()')).toEqual([{ current_database: 'postern' }])
    expect((await readdir(directory.path)).filter((name) => name.includes('unfinished'))).toEqual([])
  })

  it('does not start while that process lives, and starts once it is gone', async ({ usedDirectory: directory }) => {
    const owner = directory.startOwner()
    const url = await urlFrom(owner)
    await expect(directory.start()).rejects.toThrow(/^Another Postern runs on .* Stop it first/)
    expect(await execute(url, 'select 1 as one')).toEqual([{ one: 1 }])
    await kill(owner)
    await directory.start()
  })

  it('leaves no server behind when its process exits without stopping it', async ({ usedDirectory: directory }) => {
    const owner = directory.startOwner({}, 'exit')
    const ended = once(owner, 'exit')
    const url = await urlFrom(owner)
    expect(await ended).toEqual([0, null])
    await expect.poll(() => readdir(join(directory.path, 'postgres'))).not.toContain('postmaster.pid')
    await expect(execute(url, 'select 1')).rejects.toThrow('ECONNREFUSED')
  })

  it('is not ended by the Ctrl-C that a terminal sends to the whole process group', async ({
    usedDirectory: directory,
  }) => {
    const owner = directory.startOwner()
    const url = await urlFrom(owner)
    if (owner.pid === undefined) throw new Error('The owner did not start.')
    process.kill(-owner.pid, 'SIGINT')
    await sleep(300)
    expect(await execute(url, 'select 1 as one')).toEqual([{ one: 1 }])
  })
})

describe('a stale pid file', () => {
  it('a stale pid file is ignored if a power cut left it empty or full of zeros', async ({
    usedDirectory: directory,
  }) => {
    await (await startWithTable(directory)).stop()
    for (const content of ['', '\0'.repeat(80)]) {
      await writeFile(directory.pidFile(), content)
      const { url, stop } = await directory.start()
      expect(await kept(url)).toEqual([1])
      await stop()
    }
  })

  it('a stale pid file is ignored if its number belongs to another process, which stays unharmed', async ({
    usedDirectory: directory,
  }) => {
    await (await startWithTable(directory)).stop()
    const { uid, gid } = await stat(join(directory.path, 'postgres'))
    const user = process.getuid?.() === 0 ? { uid, gid } : {}
    const other = directory.keep(spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], user))
    await once(other, 'spawn')
    const cluster = join(directory.path, 'postgres')
    await writeFile(directory.pidFile(), `${other.pid}\n${cluster}\n1700000000\n5432\n\n127.0.0.1\n1 1\nready\n`)
    await chown(directory.pidFile(), uid, gid)
    expect(await kept((await directory.start()).url)).toEqual([1])
    expect([other.exitCode, other.signalCode]).toEqual([null, null])
  })
})

describe('a port that another program takes first', () => {
  it('a port that another program takes first is left to that program, and the database takes another', async ({
    usedDirectory: directory,
  }) => {
    await (await startWithTable(directory)).stop()
    const rival = createServer().listen(0, '127.0.0.1')
    await once(rival, 'listening')
    const { port: taken } = addressOf(rival)
    const ports = [taken, taken, await findFreePort()]
    const programs = findPrograms()
    const clusterDir = join(directory.path, 'postgres')
    const account = await chooseAccount(clusterDir)
    const launch = await launcher(account, [dirname(programs.postgres), directory.path])
    const log = (line: string) => directory.lines.push(line)
    const offer = async () => ports.shift() ?? taken
    const server = await startServer({ clusterDir, programs, launch, settings: {}, log }, offer)
    await server.stop()
    rival.close()
    expect(ports).toEqual([])
    expect(server.port).not.toBe(taken)
  })
})
