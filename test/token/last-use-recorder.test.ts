import { setImmediate, setTimeout as sleep } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { AccessTokenDocument, DeleteTokenDocument, ViewerDocument } from '../../schema/typed-documents.ts'
import { type Database, openDatabase } from '../../src/database/open-database.ts'
import { AccessToken, AccessTokenSecret } from '../../src/domain/model/access-token.ts'
import { AccessTokenLastUse } from '../../src/domain/model/usage-tables.ts'
import { LastUseRecorder } from '../../src/domain/usage/last-use-recorder.ts'
import type { TokenUse } from '../../src/domain/usage/token-use-store.ts'
import type { Client } from '../harness/client.ts'
import { patience } from '../harness/patience.ts'
import { createOrganization, generateToken, type Postern, startPostern } from '../harness/postern.ts'
import { statementsOf } from '../harness/statements.ts'
import { grantedActions, insertTokens } from './arrange.ts'

const never = 3_600_000
const start = Date.now() - 600_000

let postern: Postern
let owner: Client
let acme: string
let databases: Database[]
let failures: unknown[]
let secretByToken: Map<string, string>

beforeAll(async () => {
  postern = await startPostern()
  owner = await postern.signInAsAdministrator()
  acme = await createOrganization(owner, 'acme', 'BUSINESS')
  const { databaseUrl } = postern.config
  if (databaseUrl === null) throw new Error('There is no database.')
  databases = [await openDatabase(databaseUrl), await openDatabase(databaseUrl)]
})
beforeEach(async () => {
  failures = []
  await postern.em().nativeDelete(AccessToken, {})
})
afterEach(() => allowWrites())
afterAll(async () => {
  for (const database of databases) await database.close()
  await postern.stop()
})

/** A recorder like that of a server; of one of two servers if `server` is given. */
function recorder(flushIntervalMs = never, server = 0): LastUseRecorder {
  const em = databases[server]?.em.fork()
  if (em === undefined) throw new Error('There are two servers.')
  return new LastUseRecorder(em, flushIntervalMs, (error) => failures.push(error))
}

async function generateTokens(count: number): Promise<string[]> {
  const ids = await insertTokens(postern.em(), acme, Array(count).fill({}))
  const secrets = await postern.em().find(AccessTokenSecret, {})
  secretByToken = new Map(secrets.map(({ token, id }) => [token, id]))
  return ids
}

function use(tokenId: string, seconds: number, changes: Partial<TokenUse> = {}): TokenUse {
  return {
    namespaceId: acme,
    tokenId,
    secretId: secretByToken.get(tokenId) ?? '',
    at: new Date(start + seconds * 1_000),
    ipAddress: '203.0.113.7',
    client: 'docker/29.0',
    repository: null,
    ...changes,
  }
}

/** The second of each token's last use in its own row and in that of its secret, which must be equal. */
async function secondsOf(...ids: string[]): Promise<Array<number | null>> {
  const em = postern.em()
  const uses = new Map((await em.find(AccessTokenLastUse, {})).map(({ token, at }) => [token, at.getTime()]))
  const secrets = new Map((await em.find(AccessTokenSecret, {})).map(({ token, lastUsedAt }) => [token, lastUsedAt]))
  return ids.map((id) => {
    expect(secrets.get(id)?.getTime()).toBe(uses.get(id))
    const at = uses.get(id)
    return at === undefined ? null : (at - start) / 1_000
  })
}

async function forbidWrites(): Promise<void> {
  await postern.em().execute('alter table access_token_last_use add constraint refused check (false) not valid')
}

async function allowWrites(): Promise<void> {
  await postern.em().execute('alter table access_token_last_use drop constraint if exists refused')
}

describe('a recorded last use', () => {
  it('a recorded last use is written in one statement with all others of the interval', async () => {
    const ids = await generateTokens(50)
    const uses = recorder()
    const recorded = await statementsOf(async () => {
      for (let round = 0; round < 3; round++) for (const id of ids) await uses.record(use(id, round), true)
    })
    expect(recorded).toEqual([])
    const writes = (await statementsOf(() => uses.flush())).filter((text) =>
      text.includes('into access_token_last_use'),
    )
    expect(writes).toHaveLength(1)
    expect(await secondsOf(...ids)).toEqual(ids.map(() => 2))
    expect(await statementsOf(() => uses.flush())).toEqual([])
  })

  it('a recorded last use is written at the end of the interval', async () => {
    const [id = ''] = await generateTokens(1)
    await recorder(20).record(use(id, 5), true)
    await vi.waitFor(async () => expect(await secondsOf(id)).toEqual([5]), patience)
    expect(failures).toEqual([])
  })

  it('a recorded last use is written with a hundred others, if there are many', async () => {
    const ids = await generateTokens(250)
    const uses = recorder(100)
    const writes = await statementsOf(async () => {
      for (const id of ids) await uses.record(use(id, 1), true)
      await vi.waitFor(async () => expect(new Set(await secondsOf(...ids))).toEqual(new Set([1])), patience)
    })
    expect(writes.filter((text) => text.includes('into access_token_last_use'))).toHaveLength(3)
    expect(failures).toEqual([])
  })

  it('a recorded last use is not written twice within seconds, whatever the addresses', async () => {
    const [id = ''] = await generateTokens(1)
    const uses = recorder(20)
    for (let host = 1; host <= 101; host++) await uses.record(use(id, host, { ipAddress: `203.0.113.${host}` }), true)
    await vi.waitFor(async () => expect(await secondsOf(id)).toEqual([101]), patience)
    await uses.record(use(id, 200), true)
    await sleep(200)
    expect(await secondsOf(id)).toEqual([101])
    await uses.flush()
    expect(await secondsOf(id)).toEqual([200])
  })

  it('a recorded last use is written at once if it is the first', async () => {
    const [id = '', other = ''] = await generateTokens(2)
    const uses = recorder()
    await uses.record(use(other, 1), true)
    await uses.record(use(id, 1), false)
    expect(await secondsOf(id, other)).toEqual([1, 1])
  })

  it('a recorded last use never moves backwards, on one server or two', async () => {
    const [id = ''] = await generateTokens(1)
    const [here, there] = [recorder(), recorder(never, 1)]
    await here.record(use(id, 9, { client: 'new' }), true)
    await here.record(use(id, 3, { client: 'old' }), true)
    await here.flush()
    expect(await secondsOf(id)).toEqual([9])
    await there.record(use(id, 8, { client: 'old', ipAddress: '198.51.100.1', repository: 'acme/old' }), true)
    await there.flush()
    expect(await secondsOf(id)).toEqual([9])
    const row = await postern.em().findOneOrFail(AccessTokenLastUse, { token: id })
    expect(row).toMatchObject({ client: 'new', repository: null })
    expect(row.ipAddress).toContain('203.0.113.7')
    await there.record(use(id, 10), true)
    await there.flush()
    expect(await secondsOf(id)).toEqual([10])
  })

  it('a recorded last use keeps the last requested repository if a request names no repository', async () => {
    const [a = '', b = '', c = ''] = await generateTokens(3)
    const uses = recorder()
    await uses.record(use(a, 1, { repository: 'acme/api' }), true)
    await uses.record(use(a, 2), true)
    await uses.record(use(b, 1, { repository: 'acme/api' }), true)
    await uses.flush()
    await uses.record(use(b, 2), true)
    await uses.record(use(c, 1, { repository: 'acme/api' }), true)
    await uses.record(use(c, 2, { repository: 'acme/web' }), true)
    await uses.flush()
    const rows = await postern.em().find(AccessTokenLastUse, {}, { orderBy: { token: 'asc' } })
    expect(rows.map(({ token, repository }) => [token, repository])).toEqual([
      [a, 'acme/api'],
      [b, 'acme/api'],
      [c, 'acme/web'],
    ])
    expect(await secondsOf(a, b, c)).toEqual([2, 2, 2])
  })

  it('a recorded last use is dropped if its token was deleted meanwhile, and no others are', async () => {
    const [gone = '', kept = ''] = await generateTokens(2)
    const uses = recorder()
    await uses.record(use(gone, 1), true)
    await uses.record(use(kept, 1), true)
    await owner.execute(DeleteTokenDocument, { id: gone })
    await uses.flush()
    expect(await secondsOf(kept)).toEqual([1])
    expect(await postern.em().count(AccessTokenLastUse)).toBe(1)
    expect(await statementsOf(() => uses.flush())).toEqual([])
  })
})

describe('a flush that fails', () => {
  it('a flush that fails loses nothing: the next one writes all, including newer uses', async () => {
    const [a = '', b = '', c = ''] = await generateTokens(3)
    const uses = recorder()
    await forbidWrites()
    await uses.record(use(a, 1), true)
    await uses.record(use(b, 1), true)
    const failing = expect(uses.flush()).rejects.toThrow()
    // It is in progress now, and cannot include what comes next.
    await setImmediate()
    await uses.record(use(b, 2), true)
    await failing
    await uses.record(use(c, 3), true)
    expect(await secondsOf(a, b, c)).toEqual([null, null, null])
    await allowWrites()
    await uses.flush()
    expect(await secondsOf(a, b, c)).toEqual([1, 2, 3])
  })

  it('a flush that fails is logged, and repeated automatically', async () => {
    const [id = ''] = await generateTokens(1)
    await forbidWrites()
    await recorder(20).record(use(id, 4), true)
    await vi.waitFor(() => expect(failures.length).toBeGreaterThan(0), patience)
    await allowWrites()
    await vi.waitFor(async () => expect(await secondsOf(id)).toEqual([4]), patience)
  })
})

describe('two servers with a recorder', () => {
  it('two servers do not block each other when they write the uses of the same tokens at once', async () => {
    const ids = await generateTokens(60)
    const servers = [recorder(never, 0), recorder(never, 1), recorder(never, 0), recorder(never, 1)]
    for (let round = 0; round < 25; round++) {
      for (const [index, server] of servers.entries()) {
        const order = index % 2 === 0 ? ids : ids.toReversed()
        for (const id of order.slice(index)) await server.record(use(id, round * 10 + index), true)
      }
      const outcomes = await Promise.allSettled(servers.map((server) => server.flush()))
      expect(outcomes.filter(({ status }) => status === 'rejected')).toEqual([])
    }
    const seconds = await secondsOf(...ids)
    expect(seconds.slice(4, -4)).toEqual(ids.slice(4, -4).map(() => 243))
  })

  it('two servers do not fail when they write first uses while the tokens are deleted', async () => {
    const ids = await generateTokens(200)
    const gone = ids.filter((_, index) => index % 4 !== 0)
    const kept = ids.filter((id) => !gone.includes(id))
    const deleting = gone.map(async (id) => (await owner.execute(DeleteTokenDocument, { id })).deleteToken.userErrors)
    // The first deletion is in progress, with 20 others.
    await Promise.race(deleting)
    const writing = [recorder(never, 0), recorder(never, 1)].map(async (server, index) => {
      const order = index === 0 ? ids : ids.toReversed()
      for (let next = 0; next < order.length; next += 5) {
        for (const id of order.slice(next, next + 5)) await server.record(use(id, 1), true)
        await server.flush()
      }
    })
    expect((await Promise.all(deleting)).flat()).toEqual([])
    await Promise.all(writing)
    expect(await secondsOf(...kept)).toEqual(kept.map(() => 1))
    expect(await postern.em().count(AccessTokenLastUse)).toBe(kept.length)
  })
})

describe('lastUsedAt', () => {
  it('lastUsedAt moves at the first use before the response, and soon after later ones', async () => {
    const lastUse = async (id: string) => (await owner.execute(AccessTokenDocument, { id })).accessToken?.lastUsedAt
    const visits = [
      (secret: string) => postern.client(secret).execute(ViewerDocument, {}),
      (secret: string) => grantedActions(postern.url, { username: 'acme', secret }, 'acme/api'),
    ].map(async (visit) => {
      const { id, secret } = await generateToken(owner)
      expect(await lastUse(id)).toBeNull()
      await visit(secret)
      const first = (await lastUse(id)) ?? ''
      expect(Math.abs(Date.now() - Date.parse(first))).toBeLessThan(60_000)
      await visit(secret)
      await vi.waitFor(async () => expect(Date.parse((await lastUse(id)) ?? '')).toBeGreaterThan(Date.parse(first)), {
        timeout: 20_000,
      })
    })
    await Promise.all(visits)
  })

  it('lastUsedAt is not moved by rejected or denied attempts', async () => {
    const { id, secret } = await generateToken(owner)
    await grantedActions(postern.url, { username: 'globex', secret }, 'acme/api')
    await grantedActions(postern.url, { username: 'acme', secret: `${secret.slice(0, -1)}!` }, 'acme/api')
    const used = await generateToken(owner)
    await postern.client(used.secret).execute(ViewerDocument, {})
    expect((await owner.execute(AccessTokenDocument, { id: used.id })).accessToken?.lastUsedAt).not.toBeNull()
    expect((await owner.execute(AccessTokenDocument, { id })).accessToken?.lastUsedAt).toBeNull()
  })
})
