import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { text } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { createServer } from '../../src/http/create-server.ts'
import { parseBodies } from '../../src/http/parse-bodies.ts'
import { shareByNetwork } from '../../src/http/share-by-network.ts'

const places = 12
let app: FastifyInstance
let port: number
let arrived: FastifyRequest[]
let release: () => void
const sockets: Socket[] = []

beforeEach(async () => {
  arrived = []
  const released = new Promise<void>((resolve) => {
    release = resolve
  })
  app = createServer({ logLevel: 'silent', trustProxy: [], maxConnections: 512 })
  shareByNetwork(app)
  parseBodies(app)
  app.addHook('preValidation', async (request) => {
    arrived.push(request)
  })
  app.post('/graphql', async ({ body }) => {
    await released
    return { body }
  })
  port = Number(new URL(await app.listen({ host: '127.0.0.1', port: 0 })).port)
})
afterEach(async () => {
  release()
  for (const socket of sockets.splice(0)) socket.destroy()
  await app.close()
})

function post(body: string): Socket {
  const socket = connect({ port, host: '127.0.0.1' }).on('error', () => undefined)
  sockets.push(socket)
  const fields = `content-type: application/json\r\ncontent-length: ${body.length}\r\nconnection: close`
  socket.write(`POST /graphql HTTP/1.1\r\nhost: a\r\n${fields}\r\n\r\n${body}`)
  return socket
}

async function takeAllPlaces(): Promise<Socket[]> {
  const holders = Array.from({ length: places }, () => post('{"holds": true}'))
  await vi.waitFor(() => expect(arrived).toHaveLength(places))
  return holders
}

it('a body is parsed when its request has a place, and not before', async () => {
  await takeAllPlaces()
  const [valid, invalid] = [post('{"a": 1}'), post('{"a": ')]
  const received = [valid, invalid].map((socket) => text(socket))
  await vi.waitFor(() => expect(arrived).toHaveLength(places + 2))
  const early = await Promise.race([once(invalid, 'data'), sleep(300)])
  expect(early).toBeUndefined()
  release()
  const [response, error] = await Promise.all(received)
  expect(response).toMatch(/^HTTP\/1\.1 200 [\s\S]*\{"body":\{"a":1\}\}/)
  expect(error).toMatch(/^HTTP\/1\.1 400 /)
})

it('a request whose client leaves while it waits keeps no body, and others are handled', async () => {
  const holders = await takeAllPlaces()
  const left = Array.from({ length: 20 }, (_, index) => post(`{"left": ${index}}`))
  await vi.waitFor(() => expect(arrived).toHaveLength(places + left.length))
  const waiting = arrived.slice(places)
  expect(waiting.every(({ body }) => body !== undefined)).toBe(true)
  for (const socket of left) socket.destroy()
  await vi.waitFor(() => expect(waiting.map(({ body }) => body)).toEqual(left.map(() => undefined)))
  const stays = text(post('{"stays": true}'))
  release()
  expect(await stays).toContain('{"body":{"stays":true}}')
  expect(await Promise.all(holders.map((socket) => text(socket)))).toEqual(
    holders.map(() => expect.stringContaining('HTTP/1.1 200')),
  )
})

it('a body with a member __proto__ is invalid', async () => {
  release()
  expect(await text(post('{"__proto__": {"a": 1}}'))).toMatch(/^HTTP\/1\.1 400 /)
})
