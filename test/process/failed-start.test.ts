import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, readdir, realpath, rm } from 'node:fs/promises'
import { type AddressInfo, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { createTestDatabase, execute, type TestDatabase } from '../harness/database.ts'
import { startTap } from '../harness/tap.ts'
import { buildCheckout, type Checkout, Processes } from './postern-process.ts'

const processes = new Processes()
let checkout: Checkout
let database: TestDatabase
let dataDir: string

beforeAll(async () => {
  checkout = await buildCheckout()
  database = await createTestDatabase()
  dataDir = await realpath(await mkdtemp(join(tmpdir(), 'postern-failed-')))
})
afterAll(async () => {
  await processes.endAll()
  await database.drop()
  await rm(dataDir, { recursive: true, force: true, maxRetries: 5 })
})

const key = () => randomBytes(32).toString('base64url')

/** Starts a Postern that must not come up, and returns its message. */
async function startError(env: NodeJS.ProcessEnv): Promise<string> {
  const started = processes.start(checkout, { DATA_DIR: join(dataDir, 'data'), LOG_LEVEL: 'fatal', ...env })
  const { code, signal } = await started.ended
  expect({ code, signal, stdout: started.stdout }).toEqual({ code: 1, signal: null, stdout: '' })
  // No stack trace of Node or a package.
  expect(started.stderr).not.toMatch(/^\s+at /m)
  return started.stderr
}

/** PostgreSQL's message ErrorResponse ("Message Formats" in its manual): severity, code and text. */
function errorResponse(code: string, text: string): Buffer {
  const fields = Buffer.from(`SFATAL\0C${code}\0M${text}\0\0`)
  const length = Buffer.alloc(4)
  length.writeInt32BE(length.byteLength + fields.byteLength)
  return Buffer.concat([Buffer.from('E'), length, fields])
}

describe('a start with bad settings', () => {
  it('a start with bad settings exits and names all errors together, without the values of secrets', async () => {
    const directory = join(dataDir, 'never-made')
    const env = {
      PORT: '99999',
      HOST: 'http://localhost',
      PUBLIC_URL: 'postern.example.org',
      DATABASE_URL: 'mysql://postern:hunter2@localhost/db',
      SECRET_KEY: 'hunter2',
      ADMIN_PASSWORD: 'hunter2',
      ADMIN_PASSWORD_FILE: '/hunter2',
      DEFAULT_PLAN: 'GOLD',
      PLANS: 'hunter2',
      ALLOW_SIGN_UP: 'perhaps',
      TRUST_PROXY: 'everyone',
      LOG_LEVEL: 'loud',
      TOKEN_BRAND: 'dckr',
      DATA_DIR: directory,
    }
    const started = processes.start(checkout, env)
    expect(await started.ended).toMatchObject({ code: 1, signal: null })
    expect(started.stdout).toBe('')
    const [heading, ...faults] = started.stderr.trimEnd().split('\n')
    expect(heading).toBe('Postern cannot start until this is corrected:')
    expect(faults.map((fault) => fault.split(' ')[0]).sort()).toEqual(
      ['ADMIN_PASSWORD', ...Object.keys(env).filter((name) => !/^(ADMIN_PASSWORD.*|DATA_DIR)$/.test(name))].sort(),
    )
    expect(started.stderr).not.toContain('hunter2')
    await expect(readdir(directory)).rejects.toThrow('ENOENT')
  })

  it('Postern does not start with another SECRET_KEY on the same database, and changes nothing', async () => {
    const first = processes.start(checkout, { DATABASE_URL: database.url, DATA_DIR: dataDir, SECRET_KEY: key() })
    await first.url()
    await first.end()
    const before = await execute(
      database.url,
      'select secret_key_check, kid, encrypted_private_key from deployment, signing_key',
    )
    expect(before).toHaveLength(1)
    expect(await startError({ DATABASE_URL: database.url, SECRET_KEY: key() })).toMatch(
      /^This database was created with another SECRET_KEY: .* Set the SECRET_KEY that it was created with .*\.\n$/,
    )
    expect(
      await execute(database.url, 'select secret_key_check, kid, encrypted_private_key from deployment, signing_key'),
    ).toEqual(before)
  })
})

describe('a start with parameters in DATABASE_URL that it does not support', () => {
  it('a start exits and names each parameter that it does not support, without the password', async () => {
    const query = 'sslmode=prefer&sslrootcert=/none&sslcert=/none&pool_size=5&sslpassword=hunter2&connect_timeout=soon'
    const said = await startError({
      DATABASE_URL: `postgres://postern:hunter2@localhost/db?${query}`,
      SECRET_KEY: key(),
    })
    expect(said.match(/^DATABASE_URL .*; write .*$/gm)).toHaveLength(said.trimEnd().split('\n').length - 1)
    for (const name of ['sslmode=prefer', 'parameter pool_size', 'gives connect_timeout a value'])
      expect(said).toContain(name)
    expect(said).not.toContain('hunter2')
  })

  it('a start exits and names a file that it cannot read', async () => {
    const url = 'postgres://postern:hunter2@localhost/db?sslmode=verify-full&sslrootcert=/nowhere/root.crt'
    const said = await startError({ DATABASE_URL: url, SECRET_KEY: key() })
    expect(said).toContain(
      'DATABASE_URL names the file "/nowhere/root.crt" by sslrootcert, which cannot be read (ENOENT)',
    )
  })

  it('a start does not fall back to plaintext if the server has no TLS, and neither do the commands', async () => {
    const tap = await startTap(Number(new URL(database.url).port))
    try {
      const url = Object.assign(new URL(database.url), { port: String(tap.port), search: 'sslmode=require' }).href
      const env = { DATABASE_URL: url, SECRET_KEY: key(), DATA_DIR: join(dataDir, 'commands') }
      const sentence =
        /^The server of DATABASE_URL does not speak TLS, which sslmode asks for\. Turn on ssl there, or .*\.\n$/
      expect(await startError(env)).toMatch(sentence)
      expect(await startError({ ...env, DATABASE_URL: url.replace(/\?.*/, ''), PGSSLMODE: 'require' })).toMatch(
        sentence,
      )
      for (const command of ['migrate', 'verify-activity']) {
        const ran = processes.command(command, checkout, env)
        expect(await ran.ended).toMatchObject({ code: 1 })
        expect(ran.output).toMatch(sentence)
      }
      expect(tap.beginnings()).toEqual(['asked', 'asked', 'asked', 'asked'])
    } finally {
      await tap.stop()
    }
  })
})

// Some wait for seconds, so they wait together.
describe.concurrent('a start without its database', () => {
  const cannotBeUsed = (why: string) =>
    new RegExp(`^The database of DATABASE_URL cannot be used \\(.*${why}.*\\)\\. Correct .*\\.\\n$`)

  it('a start exits with a message if no database listens there, without the password', async () => {
    const said = await startError({ DATABASE_URL: 'postgres://postern:hunter2@127.0.0.1:1/postern' })
    expect(said).toMatch(cannotBeUsed('ECONNREFUSED 127.0.0.1:1'))
    expect(said).not.toContain('hunter2')
  })

  it('a start exits with a message if the host of its database does not exist', async () => {
    const said = await startError({ DATABASE_URL: 'postgres://postern:hunter2@postern.invalid/postern' })
    expect(said).toMatch(cannotBeUsed('postern\\.invalid'))
    expect(said).not.toContain('hunter2')
  })

  const wrongPassword = 'password authentication failed for user "postern"'
  it.each([
    ['something else listens there', 'HTTP/1.1 400 Bad Request\r\n\r\n', ''],
    ['the password is wrong', errorResponse('28P01', wrongPassword), wrongPassword],
    ['whatever listens there never answers', null, 'timeout'],
  ])('a start exits with a message if %s, without the password', async (_what, response, why) => {
    const server = createServer((socket) => {
      socket.on('error', () => undefined)
      if (response !== null) socket.once('data', () => socket.end(response))
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    try {
      const said = await startError({ DATABASE_URL: `postgres://postern:hunter2@127.0.0.1:${port}/postern` })
      expect(said).toMatch(cannotBeUsed(why))
      expect(said).not.toContain('hunter2')
    } finally {
      server.close()
    }
  })

  it('a start exits with a message if the database is a read-only replica', async () => {
    const replica = await createTestDatabase()
    const name = new URL(replica.url).pathname.slice(1)
    try {
      await execute(replica.url, `alter database ${name} set default_transaction_read_only = on`)
      expect(await startError({ DATABASE_URL: replica.url })).toMatch(cannotBeUsed('read-only transaction'))
    } finally {
      await replica.drop()
    }
  })
})

describe('a start that cannot listen', () => {
  it('a start says that the port is taken, and stops the database that it started', async () => {
    const taken = createServer()
    taken.listen(0, '127.0.0.1')
    await once(taken, 'listening')
    const { port } = taken.address() as AddressInfo
    const directory = join(dataDir, 'taken')
    try {
      expect(await startError({ PORT: String(port), DATA_DIR: directory })).toMatch(
        new RegExp(`^Postern cannot listen on HOST and PORT \\(.*EADDRINUSE.*:${port}\\)\\. Set others, or .*\\.\\n$`),
      )
      expect(await readdir(join(directory, 'postgres'))).not.toContain('postmaster.pid')
    } finally {
      taken.close()
    }
    // The administrator's password is shown once, so a failed start must not create it.
    const started = processes.start(checkout, { PORT: '0', DATA_DIR: directory, LOG_LEVEL: 'fatal' })
    await vi.waitFor(() => expect(started.announcement).toHaveProperty('passwordFile'), 20_000)
  })

  it('a start says that the address does not belong to this machine', async () => {
    // An address for documentation (RFC 5737), which no machine has.
    const said = await startError({ HOST: '203.0.113.7', PORT: '4000', DATA_DIR: join(dataDir, 'elsewhere') })
    expect(said).toMatch(/^Postern cannot listen on HOST and PORT \(.*EADDRNOTAVAIL.*203\.0\.113\.7/)
  })
})
