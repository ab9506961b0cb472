import { chmod, chown, readdir, stat, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { describe, expect } from 'vitest'
import { canReach } from '../../src/database/embedded-postgres/account.ts'
import { launcher, run } from '../../src/database/embedded-postgres/launch.ts'
import { execute } from '../harness/database.ts'
import { it, kill, ownerProgram, urlFrom } from '../harness/embedded-directory.ts'

const isRoot = process.getuid?.() === 0
const nobody = { uid: 65_534, gid: 65_534 }
const nobodyReachesThis = await canReach(nobody, dirname(ownerProgram))

describe.runIf(isRoot)('an embedded database for another user', () => {
  it.runIf(nobodyReachesThis)('works as an ordinary user', async ({ directory }) => {
    await chown(directory.path, nobody.uid, nobody.gid)
    const owner = directory.startOwner(nobody)
    expect(await execute(await urlFrom(owner), 'select 1 as one')).toEqual([{ one: 1 }])
    expect((await stat(directory.pidFile())).uid).toBe(nobody.uid)
    await kill(owner)
    // A later start as root keeps the owner of the cluster.
    expect(await execute((await directory.start()).url, 'select 2 as two')).toEqual([{ two: 2 }])
    expect((await stat(directory.pidFile())).uid).toBe(nobody.uid)
  })

  it('works as root in a directory that other users cannot enter, and keeps its mode', async ({ directory }) => {
    const dataDir = join(directory.path, 'data')
    const { url, stop } = await directory.start(dataDir)
    expect(await execute(url, 'select 1 as one')).toEqual([{ one: 1 }])
    expect((await stat(directory.path)).mode & 0o777).toBe(0o700)
    expect((await stat(directory.pidFile(dataDir))).uid).not.toBe(0)
    await stop()
  })

  it('checks as that user, like initdb, whether a program is executable', async ({ directory }) => {
    const launch = await launcher(nobody, [directory.path])
    const program = join(directory.path, 'program')
    await writeFile(program, '', { mode: 0o700 })
    await expect(run(launch, '/usr/bin/test', ['-x', program])).resolves.toBeUndefined()
    await chmod(program, 0o600)
    await expect(run(launch, '/usr/bin/test', ['-x', program])).rejects.toThrow('code 1')
  })

  it('takes over a cluster that root restored from a backup', async ({ directory }) => {
    const { url, stop } = await directory.start()
    await execute(url, 'create table kept as select 42 as answer')
    await stop()
    for (const name of await readdir(directory.path, { recursive: true })) await chown(join(directory.path, name), 0, 0)
    expect(await execute((await directory.start()).url, 'select answer from kept')).toEqual([{ answer: 42 }])
  })
})
