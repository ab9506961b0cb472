import { connect, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { createServer } from '../../src/http/create-server.ts'
import { reportHealth } from '../../src/http/health-routes.ts'
import { shedLoad } from '../../src/http/shed-load.ts'
import { patience } from '../harness/patience.ts'
import { createOrganization, createRepository, generateToken, type Postern, startPostern } from '../harness/postern.ts'

const head = 'GET /livez HTTP/1.1\r\nhost: localhost\r\n'

/** A connection from an address of this machine. */
function open(url: string, localAddress = '127.0.0.1'): Socket {
  const socket = connect({ port: Number(new URL(url).port), host: '127.0.0.1', localAddress })
  return socket.setEncoding('latin1').on('error', () => undefined)
}

/** The server's response on a connection; empty if the server closes it. */
async function ask(socket: Socket): Promise<string> {
  let received = ''
  socket.on('data', (text) => {
    received += text
  })
  socket.write(`${head}\r\n`)
  for (let waited = 0; waited < 1_500 && !received.includes('\r\n\r\n') && !socket.destroyed; waited++) await sleep(20)
  return received.split('\r\n', 1)[0] ?? ''
}

describe('connections', () => {
  let postern: Postern
  beforeAll(async () => {
    postern = await startPostern({ maxConnections: 64, trustProxy: ['127.0.0.9'] })
  })
  afterAll(() => postern.stop())

  it('connections are closed beyond an eighth of all for one network, while others are accepted', async () => {
    const held = Array.from({ length: 8 }, () => open(postern.url, '127.0.0.2'))
    for (const socket of held) expect(await ask(socket)).toBe('HTTP/1.1 200 OK')
    expect(await ask(open(postern.url, '127.0.0.2'))).toBe('')
    expect(await ask(open(postern.url, '127.0.0.3'))).toBe('HTTP/1.1 200 OK')
    const metrics = await (await fetch(`${postern.url}/metrics`)).text()
    expect(metrics).toContain('postern_dropped_connections_total{reason="network"} 1')

    for (const socket of held) socket.destroy()
    await vi.waitFor(async () => {
      const again = open(postern.url, '127.0.0.2')
      expect(await ask(again).finally(() => again.destroy())).toBe('HTTP/1.1 200 OK')
    }, patience)
  })

  it('connections of a trusted proxy do not count for a network', async () => {
    const held = Array.from({ length: 20 }, () => open(postern.url, '127.0.0.9'))
    for (const socket of held) expect(await ask(socket)).toBe('HTTP/1.1 200 OK')
    for (const socket of held) socket.destroy()
  })

  it('connections with an unfinished head are closed after 10 seconds, with status 408', async () => {
    const socket = open(postern.url, '127.0.0.4')
    let received = ''
    socket.on('data', (text) => {
      received += text
    })
    socket.write(head)
    const drip = setInterval(() => socket.write('x: y\r\n'), 300)
    await new Promise((ended) => socket.once('close', ended))
    clearInterval(drip)
    expect(received).toContain('408')
  }, 20_000)
})

describe('the token endpoint', () => {
  let postern: Postern
  let authorization: string
  beforeAll(async () => {
    postern = await startPostern()
    const owner = await postern.signInAsAdministrator()
    await createOrganization(owner, 'acme')
    await createRepository(owner, 'acme/api')
    const { secret } = await generateToken(owner)
    authorization = `Basic ${Buffer.from(`acme:${secret}`).toString('base64')}`
  })
  afterAll(() => postern.stop())

  it('responds to more requests of one network than its limit, when some of its clients disconnect', async () => {
    const url = `${postern.url}/token?service=registry&scope=repository:acme/api:pull,push`
    for (let round = 0; round < 3; round++) {
      const leaving = Array.from({ length: 60 }, () => open(postern.url))
      for (const socket of leaving)
        socket.write(`GET /token HTTP/1.1\r\nhost: a\r\nauthorization: ${authorization}\r\n\r\n`)
      const staying = Array.from({ length: 100 }, () => fetch(url, { headers: { authorization } }))
      await sleep(5)
      for (const socket of leaving) socket.destroy()
      expect(new Set((await Promise.all(staying)).map(({ status }) => status))).toEqual(new Set([200]))
    }
  })

  it('responds after clients sent many requests at once, or half of a body, and disconnected', async () => {
    const request = `GET /token HTTP/1.1\r\nhost: a\r\nauthorization: ${authorization}\r\n\r\n`
    const half =
      'POST /token HTTP/1.1\r\nhost: a\r\ncontent-type: application/x-www-form-urlencoded\r\ncontent-length: 99\r\n\r\na'
    const waiting = Array.from({ length: 40 }, () => open(postern.url))
    for (const socket of waiting) socket.write(half)
    await sleep(300)
    for (let round = 0; round < 3; round++) {
      const sockets = Array.from({ length: 5 }, () => open(postern.url))
      for (const socket of sockets) socket.write(request.repeat(50))
      await sleep(20)
      for (const socket of sockets) socket.destroy()
    }
    const { status } = await fetch(`${postern.url}/token`, {
      headers: { authorization },
      signal: AbortSignal.timeout(10_000),
    })
    expect(status).toBe(200)
    for (const socket of waiting) socket.destroy()
  })

  it('responds to everybody while one network floods it with requests that are denied', async () => {
    const unknown = `Basic ${Buffer.from('acme:pstn_oat_0000000000000000000000000000001hbfwP').toString('base64')}`
    let isOver = false
    const flood = Promise.all(
      Array.from({ length: 60 }, async () => {
        while (!isOver)
          await fetch(`${postern.url}/token`, { headers: { authorization: unknown } }).then((r) => r.text())
      }),
    )
    const statuses = await Promise.all(
      Array.from({ length: 20 }, () =>
        fetch(`${postern.url}/token`, { headers: { authorization } }).then((r) => r.status),
      ),
    )
    isOver = true
    await flood
    expect(new Set(statuses)).toEqual(new Set([200]))
  })
})

describe('an overloaded server', () => {
  it('returns 503 and Retry-After in the form of the route, and responds to operators', async () => {
    const shed: string[] = []
    const app = createServer({ logLevel: 'silent', trustProxy: [], maxConnections: 64 })
    // Every lag counts as overload.
    shedLoad(app, (importance) => shed.push(importance), { interactiveMs: -1, registryMs: -1 })
    for (const path of [
      '/livez',
      '/metrics',
      '/token',
      '/registry/events',
      '/graphql',
      '/organizations/acme/usage.csv',
    ])
      app.get(path, async () => 'served')
    const ask = async (url: string) => {
      const { statusCode, headers, body } = await app.inject(url)
      return { statusCode, retryAfter: headers['retry-after'], origin: headers['access-control-allow-origin'], body }
    }
    expect(await ask('/livez')).toMatchObject({ statusCode: 200 })
    expect(await ask('/metrics')).toMatchObject({ statusCode: 200 })
    const message = expect.stringContaining('overloaded')
    for (const [path, form] of [
      ['/token?scope=a', { errors: [{ code: 'UNAVAILABLE', message }] }],
      ['/graphql', { errors: [{ message, extensions: { code: 'SERVICE_UNAVAILABLE', retryAfter: 2 } }] }],
      ['/registry/events', { error: message }],
      ['/organizations/acme/usage.csv', { error: message }],
    ] as const) {
      const { statusCode, retryAfter, origin, body } = await ask(path)
      expect({ statusCode, retryAfter, origin, body: JSON.parse(body) }).toEqual({
        statusCode: 503,
        retryAfter: '2',
        origin: '*',
        body: form,
      })
    }
    expect(shed).toEqual(['registry', 'interactive', 'registry', 'interactive'])
    await app.close()
  })

  it('requests during the start get 503, in the form of each route', async () => {
    const app = createServer({ logLevel: 'silent', trustProxy: [], maxConnections: 64 })
    reportHealth(app, { version: '1.2.3', checkDatabase: async () => true, phase: () => 'starting' })
    for (const path of ['/token', '/graphql', '/organizations/acme/usage.csv']) app.get(path, async () => 'served')
    const message = expect.stringContaining('starting')
    for (const [path, form] of [
      ['/token', { errors: [{ code: 'UNAVAILABLE', message }] }],
      ['/graphql', { errors: [{ message, extensions: { code: 'SERVICE_UNAVAILABLE', retryAfter: 1 } }] }],
      ['/organizations/acme/usage.csv', { error: message }],
    ] as const) {
      const response = await app.inject(path)
      expect({
        status: response.statusCode,
        retryAfter: response.headers['retry-after'],
        body: response.json(),
      }).toEqual({
        status: 503,
        retryAfter: '1',
        body: form,
      })
    }
    await app.close()
  })
})
