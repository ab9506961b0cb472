import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { request } from 'node:http'
import { Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { readBody } from '../../src/http/read-body.ts'
import type { Client } from '../harness/client.ts'
import { createOrganization, createRepository, generateToken, type Postern, startPostern } from '../harness/postern.ts'

let postern: Postern
let owner: Client
let token: string

beforeAll(async () => {
  postern = await startPostern()
  owner = await postern.signInAsAdministrator()
  await createOrganization(owner, 'acme')
  await createRepository(owner, 'acme/app')
  token = (await generateToken(owner)).id
})
afterAll(() => postern.stop())

const index = 'application/vnd.oci.image.index.v1+json'
const reference = { mediaType: index, digest: `sha256:${'b'.repeat(64)}`, size: 1_234 }

/** The push of an index with as many references as fit so many bytes. */
function pushOf(bytes: number) {
  const references = Array(Math.ceil(bytes / JSON.stringify(reference).length)).fill(reference)
  const target = {
    mediaType: index,
    digest: `sha256:${'a'.repeat(64)}`,
    repository: 'acme/app',
    tag: '1.0',
    references,
  }
  const timestamp = new Date().toISOString()
  return { id: randomUUID(), timestamp, action: 'push', target, request: { method: 'PUT' }, actor: { name: token } }
}

async function report(body: string, chunked = false, secret = postern.config.registryEventsSecret) {
  const headers = {
    authorization: `Bearer ${secret}`,
    'content-type': 'application/vnd.docker.distribution.events.v2+json',
    ...(chunked ? { 'transfer-encoding': 'chunked' } : { 'content-length': Buffer.byteLength(body) }),
  }
  const sent = request(`${postern.url}/registry/events`, { method: 'POST', headers })
  sent.on('error', () => undefined).end(body)
  const [response] = await once(sent, 'response')
  return { status: response.statusCode, body: JSON.parse(await text(response)) }
}

async function counted(outcome: string): Promise<number> {
  const metrics = await (await fetch(`${postern.url}/metrics`)).text()
  return Number(metrics.match(new RegExp(`^postern_registry_events_total{outcome="${outcome}"} (\\d+)$`, 'm'))?.[1])
}

const mebibyte = 1024 * 1024

describe('a report of a registry', () => {
  it('a report with 3 MiB is recorded', async () => {
    expect(await report(JSON.stringify({ events: [pushOf(3 * mebibyte)] }))).toEqual({
      status: 200,
      body: { recorded: 1 },
    })
  })

  it.each([
    ['5 MiB', 5, false],
    ['5 MiB in chunks', 5, true],
    ['20 MiB', 20, false],
  ])(
    'a report with %s is accepted and counted as malformed, so that later ones arrive',
    async (_name, size, chunked) => {
      const before = await counted('malformed')
      expect(await report(JSON.stringify({ events: [pushOf(size * mebibyte)] }), chunked)).toEqual({
        status: 200,
        body: { recorded: 0 },
      })
      expect(await counted('malformed')).toBe(before + 1)
      expect(await report(JSON.stringify({ events: [pushOf(10)] }))).toEqual({ status: 200, body: { recorded: 1 } })
    },
  )

  it('a report of a registry is rejected at any size without the secret', async () => {
    const before = await counted('malformed')
    const body = JSON.stringify({ events: [pushOf(5 * mebibyte)] })
    expect(await report(body, false, 'not the secret of registries')).toMatchObject({ status: 401 })
    expect(await counted('malformed')).toBe(before)
  })

  it('counts its length against the memory that bodies may take', async () => {
    const open = []
    try {
      // Two of 4 MiB are an eighth of 64 MiB.
      for (let sent = 0; sent < 2; sent++) {
        const headers = {
          authorization: `Bearer ${postern.config.registryEventsSecret}`,
          'content-length': 4 * mebibyte,
        }
        const begun = request(`${postern.url}/registry/events`, { method: 'POST', headers }).on(
          'error',
          () => undefined,
        )
        begun.flushHeaders()
        open.push(begun)
      }
      await vi.waitFor(async () =>
        expect((await report(JSON.stringify({ events: [pushOf(mebibyte)] }))).status).toBe(503),
      )
    } finally {
      for (const begun of open) begun.destroy()
    }
    await vi.waitFor(async () =>
      expect((await report(JSON.stringify({ events: [pushOf(mebibyte)] }))).status).toBe(200),
    )
  })
})

describe('a body over the maximum', () => {
  it('a body over the maximum is read to its end, and discarded', async () => {
    let read = 0
    async function* chunks() {
      for (; read < 5; read++) yield Buffer.alloc(4, 'a')
    }
    expect(await readBody(Readable.from(chunks(), { objectMode: false }), 10)).toBeNull()
    expect(read).toBe(5)
    expect(await readBody(Readable.from([Buffer.from('é').subarray(0, 1), Buffer.from('é').subarray(1)]), 2)).toBe('é')
  })
})
