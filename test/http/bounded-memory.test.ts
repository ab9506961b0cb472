import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { connect, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import fastifyStatic from '@fastify/static'
import type { FastifyInstance } from 'fastify'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { boundMemory } from '../../src/http/bound-memory.ts'
import { createServer } from '../../src/http/create-server.ts'
import { shareByNetwork } from '../../src/http/share-by-network.ts'

const apps: FastifyInstance[] = []
const sockets: Socket[] = []
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy()
  await Promise.all(apps.splice(0).map((app) => app.close()))
})

const dropped = vi.fn()
const refusedBody = vi.fn()
const listeners = { onDropped: dropped, onRejectedBody: refusedBody }

/** A server on a free port, with the routes of a test. */
async function listen(maxConnections: number, addRoutes: (app: FastifyInstance) => void): Promise<number> {
  dropped.mockReset()
  refusedBody.mockReset()
  const app = createServer({ logLevel: 'silent', trustProxy: [], maxConnections, onDroppedConnection: dropped })
  apps.push(app)
  addRoutes(app)
  return Number(new URL(await app.listen({ host: '127.0.0.1', port: 0 })).port)
}

/** A connection on which nothing is read until a test does. */
function open(port: number, localAddress = '127.0.0.1'): Socket {
  const socket = connect({ port, host: '127.0.0.1', localAddress }).on('error', () => undefined)
  sockets.push(socket)
  return socket
}

const get = (path: string) => `GET ${path} HTTP/1.1\r\nhost: a\r\n\r\n`
const head = (bytes: number) =>
  `POST / HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\ncontent-length: ${bytes}\r\n\r\n`
const statusesIn = (received: string) => received.match(/HTTP\/1\.1 \d+/g)?.map((line) => Number(line.slice(-3))) ?? []
const firstLine = async (socket: Socket) => String((await once(socket, 'data'))[0]).split('\r\n', 1)[0]

describe('pipelined requests on a connection', () => {
  it('pipelined requests on a connection are handled one after the other, in their order', async () => {
    let [running, most] = [0, 0]
    const port = await listen(64, (app) => {
      app.get('/:number', async (request) => {
        most = Math.max(most, ++running)
        await new Promise((resume) => setImmediate(resume))
        running--
        return request.params
      })
    })
    const socket = open(port)
    const last = 'GET /9 HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n'
    socket.write([1, 2, 3, 4].map((number) => get(`/${number}`)).join('') + last)
    const received = await text(socket)
    expect(received.match(/"number":"\d"/g)?.join()).toBe(
      [1, 2, 3, 4, 9].map((number) => `"number":"${number}"`).join(),
    )
    expect(most).toBe(1)
  })

  it('more than 4 requests ahead close the connection, and only the first is handled', async () => {
    let handled = 0
    const port = await listen(64, (app) => {
      app.get('/', () => {
        handled++
        return new Promise(() => undefined)
      })
    })
    const [few, many] = [open(port), open(port)]
    few.write(get('/').repeat(5))
    many.write(get('/').repeat(6))
    many.resume()
    await once(many, 'close')
    expect(handled).toBe(2)
    expect(few.closed).toBe(false)
    expect(dropped.mock.calls).toEqual([['pipelined']])
  })

  it.each([
    ['has a body of more than 16 KiB', [`${head(16 * 1024 + 1)}x`], true],
    ['has a body of unknown length', ['POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n'], true],
    ['has a body and is not the next', [get('/'), `${head(2)}{}`], true],
    ['has a small body and is the next', [`${head(2)}{}`], false],
  ])('a connection closes if a request ahead %s: %#', async (_, requests, isClosed) => {
    const port = await listen(64, (app) => {
      app.route({ method: ['GET', 'POST'], url: '/', handler: () => new Promise(() => undefined) })
    })
    const [socket, control] = [open(port), open(port)]
    socket.write(get('/') + requests.join(''))
    await new Promise((resume) => setTimeout(resume, 200))
    expect(socket.closed || socket.destroyed || socket.readableEnded).toBe(isClosed)
    expect(control.closed).toBe(false)
  })

  it('pipelined requests wait as long as the client reads nothing', async () => {
    let handled = 0
    const port = await listen(64, (app) => {
      app.get('/', () => {
        handled++
        // More than the system buffers for a connection.
        return 'x'.repeat(20_000_000)
      })
    })
    const socket = open(port)
    socket.write(get('/').repeat(5))
    await vi.waitFor(() => expect(handled).toBe(1))
    const other = open(port)
    other.write('GET / HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n')
    await text(other)
    expect(handled).toBe(2)
  })
})

describe('requests of one network', () => {
  it.each([
    ['/graphql', 12],
    ['/organizations/:name/activity.jsonl', 2],
  ])('the requests at %s are handled %i at a time per network, and all in the end', async (route, most) => {
    const waiting: Array<() => void> = []
    const port = await listen(256, (app) => {
      shareByNetwork(app)
      app.get(route, () => new Promise((resolve) => waiting.push(() => resolve('here'))))
    })
    const path = route.replace(':name', 'acme')
    const ask = (address: string) => {
      const socket = open(port, address)
      socket.write(`GET ${path} HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n`)
      return text(socket)
    }
    const flood = Array.from({ length: most + 4 }, () => ask('127.0.0.1'))
    await vi.waitFor(() => expect(waiting).toHaveLength(most))
    const other = ask('127.0.0.2')
    await vi.waitFor(() => expect(waiting).toHaveLength(most + 1))
    waiting.pop()?.()
    expect(statusesIn(await other)).toEqual([200])
    expect(waiting).toHaveLength(most)
    const releasing = setInterval(() => waiting.shift()?.(), 1)
    expect((await Promise.all(flood)).flatMap(statusesIn)).toEqual(flood.map(() => 200))
    clearInterval(releasing)
  })
})

describe('responses that nobody reads', () => {
  it('too many unread responses close the connections that wait longest, and no others', async () => {
    const port = await listen(64, (app) => {
      boundMemory(app, listeners, { unreadBytes: 50_000_000, bodyBytes: 1 })
      app.get('/large', () => 'x'.repeat(20_000_000))
    })
    const unread = [open(port), open(port), open(port)]
    for (const socket of unread) {
      socket.write(get('/large'))
      await once(socket, 'readable')
    }
    const [oldest, ...others] = unread.map((socket) =>
      text(socket).then(
        (all) => all.length,
        () => 0,
      ),
    )
    expect(await oldest).toBeLessThan(20_000_000)
    expect(dropped.mock.calls).toEqual([['unread']])
    // Read completely, though late.
    await vi.waitFor(() => expect(unread.slice(1).every(({ bytesRead }) => bytesRead > 20_000_000)).toBe(true), 30_000)
    for (const socket of unread) socket.destroy()
    await Promise.all(others)
  })
})

describe('files that nobody reads', () => {
  it('unread files count with their part in memory, and close the connections that wait longest', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'postern-files-'))
    // More than the system buffers for a connection.
    await writeFile(join(directory, 'large.txt'), Buffer.alloc(20_000_000))
    await writeFile(join(directory, 'small.txt'), Buffer.alloc(10_000))
    const port = await listen(64, (app) => {
      boundMemory(app, listeners, { unreadBytes: 500_000, bodyBytes: 1 })
      void app.register(fastifyStatic, { root: directory })
    })
    const unread = [open(port), open(port), open(port)]
    for (const socket of unread) {
      socket.write(get('/large.txt') + get('/small.txt').repeat(4))
      await once(socket, 'readable')
    }
    const [oldest, ...others] = unread
    oldest?.resume()
    await vi.waitFor(() => expect(oldest?.closed).toBe(true))
    expect(dropped.mock.calls).toEqual([['unread']])
    expect(oldest?.bytesRead).toBeLessThan(20_000_000)
    for (const socket of others) socket.resume()
    await vi.waitFor(() => expect(others.every(({ bytesRead }) => bytesRead > 20_000_000)).toBe(true), 30_000)
    await rm(directory, { recursive: true })
  })
})

describe('large bodies', () => {
  it('large bodies get 503 beyond an eighth of the bound for one network, until others have ended', async () => {
    const port = await listen(64, (app) => {
      boundMemory(app, listeners, { unreadBytes: 1, bodyBytes: 800_000 })
      app.post('/', () => 'taken')
    })
    const first = open(port)
    first.write(`${head(90_000)}"`)
    await vi.waitFor(async () => {
      const second = open(port)
      second.write(head(90_000))
      expect(await firstLine(second)).toBe('HTTP/1.1 503 Service Unavailable')
    })
    expect(new Set(refusedBody.mock.calls.flat())).toEqual(new Set(['network']))
    const [small, other] = [open(port), open(port, '127.0.0.2')]
    small.write(`${head(2)}{}`)
    expect(await firstLine(small)).toBe('HTTP/1.1 200 OK')
    other.write(`${head(90_000)}"${'x'.repeat(89_998)}"`)
    expect(await firstLine(other)).toBe('HTTP/1.1 200 OK')

    first.destroy()
    await vi.waitFor(async () => {
      const next = open(port)
      next.write(`${head(90_000)}"${'x'.repeat(89_998)}"`)
      expect(statusesIn(await firstLine(next).then(String))).toEqual([200])
    })
  })
})

describe('a server without free connections', () => {
  it('gives a client of another network the place of an idle one', async () => {
    const port = await listen(16, (app) => {
      app.get('/', () => 'here')
      app.post('/', () => 'taken')
    })
    const networks = Array.from({ length: 8 }, (_, i) => `127.0.1.${i + 1}`)
    // The first connection of each has a request in progress, whose body does not end.
    const busy = networks.map((network) => open(port, network))
    for (const socket of busy) socket.write(head(9))
    const idle = networks.map((network) => open(port, network))
    for (const socket of idle) {
      socket.write(get('/'))
      expect(await firstLine(socket)).toBe('HTTP/1.1 200 OK')
      socket.resume()
    }
    for (const network of ['127.0.2.1', '127.0.2.2', '127.0.2.3']) {
      const newcomer = open(port, network)
      newcomer.write(get('/'))
      expect(await firstLine(newcomer)).toBe('HTTP/1.1 200 OK')
    }
    await vi.waitFor(() => expect(idle.filter(({ closed }) => closed)).toHaveLength(3))
    expect(busy.filter(({ closed }) => closed)).toHaveLength(0)
    expect(dropped.mock.calls).toEqual([['idle'], ['idle'], ['idle']])
  })
})
