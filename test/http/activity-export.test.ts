import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type ActivityWorld, all, arrangeActivity, atSecond, gone } from '../activity/arrange.ts'
import { execute } from '../harness/database.ts'

let world: ActivityWorld
beforeAll(async () => {
  world = await arrangeActivity()
})
afterAll(() => world.postern.stop())

interface Asking {
  readonly name?: string
  readonly query?: string
  /** Null: anonymous. */
  readonly token?: string | null
  readonly method?: string
}

function ask(format: 'csv' | 'jsonl', { name = 'acme', query = '', token, method = 'GET' }: Asking = {}) {
  const secret = token === undefined ? world.owner.token : token
  const headers = { origin: 'https://example.org', ...(secret !== null && { authorization: `Bearer ${secret}` }) }
  return fetch(`${world.postern.url}/organizations/${name}/activity.${format}?${query}`, { method, headers })
}

async function linesOf(asking?: Asking): Promise<Array<Record<string, unknown>>> {
  const text = await (await ask('jsonl', asking)).text()
  return text
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line))
}
const targets = async (query: string) => (await linesOf({ query })).map(({ target }) => target)
const oldestFirst = all.toReversed()

describe('the activity of an organization as a file', () => {
  it('is one JSON object per line, oldest first, with actor, action, time and origin', async () => {
    const response = await ask('jsonl')
    expect(response.status).toBe(200)
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'content-type': 'application/jsonl',
      'content-disposition': 'attachment; filename="acme-activity.jsonl"',
      'cache-control': 'no-store',
      'access-control-allow-origin': '*',
      'x-content-type-options': 'nosniff',
    })
    const lines = await linesOf()
    expect(lines.map(({ target }) => target)).toEqual(oldestFirst)
    expect(lines.slice(0, 2)).toEqual([
      {
        id: expect.stringMatching(/^evt_/),
        at: atSecond(0).toISOString(),
        action: 'organization.create',
        actor: { kind: 'USER', name: 'owner' },
        tokenId: null,
        tokenLabel: null,
        target: 'acme',
        ipAddress: '203.0.113.7',
        userAgent: 'curl/8',
        requestId: null,
        data: {},
      },
      expect.objectContaining({
        tokenId: world.reading.id,
        tokenLabel: 'audit',
        data: { scopes: 'all', a: '1', expiresAt: 'never' },
      }),
    ])
    expect(lines.map(({ tokenId }) => tokenId)).not.toContain(world.personal.member)
  })

  it('the activity of an organization as a file is CSV with the same values', async () => {
    const response = await ask('csv')
    expect(response.headers.get('content-disposition')).toBe('attachment; filename="acme-activity.csv"')
    expect(response.headers.get('content-type')).toBe('text/csv; charset=utf-8; header=present')
    const [header, first, second, ...rest] = (await response.text()).split('\r\n')
    expect(header).toBe('id,at,action,actorKind,actorName,tokenId,tokenLabel,target,ipAddress,userAgent,requestId,data')
    expect(first).toMatch(
      /^evt_\w{26},2001-01-01T00:00:00\.000Z,organization\.create,USER,owner,,,acme,203\.0\.113\.7,curl\/8,,\{\}$/,
    )
    expect(second).toContain(
      `,${world.reading.id},audit,audit,,,,"{""a"":""1"",""scopes"":""all"",""expiresAt"":""never""}"`,
    )
    expect(rest).toHaveLength(all.length - 2 + 1)
  })

  it('the activity of an organization as a file is CSV with a byte order mark for Excel, and only for it', async () => {
    const bytesOf = async (query: string) => Buffer.from(await (await ask('csv', { query })).arrayBuffer())
    const [plain, marked] = [await bytesOf(''), await bytesOf('bom=1')]
    expect(plain.subarray(0, 3).toString()).toBe('id,')
    expect(marked).toEqual(Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), plain]))
    for (const [format, query] of [
      ['csv', 'bom=yes'],
      ['csv', 'bom='],
      ['csv', 'bom=1&bom=1'],
      ['jsonl', 'bom=1'],
    ] as const)
      expect((await ask(format, { query })).status, `${format}?${query}`).toBe(400)
  })

  it.each([
    ['', oldestFirst],
    ['actions=access_token.delete&actions=organization.create', ['acme', 'old']],
    ['actions=access_token.delete', ['old']],
    ['actor=member', ['acme/web']],
    [`token=${gone}`, ['old']],
    ['repository=acme/api', ['acme/api', 'acme/api:1.0']],
    [`from=${atSecond(6).toISOString()}`, ['old', 'acme/own', 'x']],
    ['from=2001-01-01T02:00:02%2B02:00&to=2001-01-01T00:00:04Z', ['acme/api', 'acme/api:1.0']],
    ['actions=repository.create&actor=owner&repository=acme/api', ['acme/api']],
    ['actor=nobody', []],
    ['actor=%00&repository=%00', []],
  ])('the activity of an organization as a file is filtered by %j', async (query, expected) => {
    expect(await targets(query)).toEqual(expected)
  })

  it('the activity of an organization as a file is complete, and continues where an earlier one ended', async () => {
    await execute(
      world.postern.config.databaseUrl ?? '',
      `insert into activity_event (namespace_id, id, at, action, actor_kind, actor_name, target)
       select '${world.callers.globexId}', 'evt_01A' || lpad(n::text, 23, '0'), now(), 'repository.pull', 'SYSTEM', 'system', n::text
       from generate_series(1, 3000) n`,
    )
    const { token } = world.callers.all.ownerElsewhere.client
    const lines = await linesOf({
      name: 'globex',
      query: 'actions=repository.pull',
      ...(token !== undefined && { token }),
    })
    expect(lines.map(({ target }) => target)).toEqual(Array.from({ length: 3000 }, (_, n) => String(n + 1)))
  })
})

describe('an export that is denied or invalid', () => {
  const sentence = async (response: Response) => {
    const body = JSON.parse(await response.text())
    expect(Object.keys(body)).toEqual(['error'])
    expect(response.headers.get('content-type')).toMatch(/^application\/json/)
    expect(response.headers.get('content-disposition')).toBeNull()
    return { status: response.status, error: body.error }
  }

  it.each(['csv', 'jsonl'] as const)('returns a status and a message (%s)', async (format) => {
    const { all: callers } = world.callers
    const anonymous = await ask(format, { token: null })
    expect(anonymous.headers.get('www-authenticate')).toBe('Bearer realm="postern"')
    expect(await sentence(anonymous)).toEqual({ status: 401, error: expect.stringMatching(/^Sign in first/) })
    expect(await sentence(await ask(format, { token: 'nonsense' }))).toMatchObject({ status: 401 })
    const member = await ask(format, { token: callers.member.client.token ?? '' })
    expect(await sentence(member)).toEqual({ status: 403, error: expect.stringContaining('Only owners') })
    const blind = await ask(format, { token: world.blind.token ?? '' })
    expect(await sentence(blind)).toEqual({
      status: 403,
      error: expect.stringContaining('lacks the permission ACTIVITY_READ'),
    })
    expect((await ask(format, { token: world.reading.client.token ?? '' })).status).toBe(200)
  })

  it('returns the same for an invisible organization and a missing one', async () => {
    const foreign = await sentence(await ask('jsonl', { name: 'globex' }))
    expect(foreign.status).toBe(404)
    for (const name of ['nothing', 'No%20name', '%00', 'usr_1'])
      expect(await sentence(await ask('jsonl', { name }))).toEqual(foreign)
    expect(await sentence(await ask('jsonl', { name: 'globex', token: world.reading.client.token ?? '' }))).toEqual(
      foreign,
    )
  })

  it.each([
    'from=yesterday',
    'to=2001-01-01',
    'from=2001-01-01T02:00:02+02:00',
    'actor=a&actor=b',
    'actions=image.pull',
    'from=2026-11-02T00:00:00Z&to=2026-11-01T00:00:00Z',
    'action=repository.create',
    'actions[]=x',
    'from=&to=',
    'limit=5',
  ])('says what to write instead of %s', async (query) => {
    const { status, error } = await sentence(await ask('csv', { query }))
    expect({ status, error }).toEqual({ status: 400, error: expect.stringMatching(/^[`T].*\.$/) })
    expect(error).not.toContain('yesterday')
  })

  it('returns nothing with other methods', async () => {
    for (const method of ['HEAD', 'POST', 'DELETE']) expect((await ask('csv', { method })).status).toBe(404)
  })
})
