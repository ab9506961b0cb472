import { once } from 'node:events'
import { connect } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { DeactivateTokenDocument, RemoveMemberDocument } from '../../schema/typed-documents.ts'
import { Membership } from '../../src/domain/model/membership.ts'
import { User } from '../../src/domain/model/user.ts'
import type { Client } from '../harness/client.ts'
import { createOrganization, generateToken, type Postern, startPostern } from '../harness/postern.ts'

// Longer together than what the sockets of both sides hold, with several pages left.
const events = 6_000
const rows = 60_000

let postern: Postern
let administrator: Client
let acmeId: string
beforeAll(async () => {
  postern = await startPostern()
  administrator = await postern.signInAsAdministrator()
  acmeId = await createOrganization(administrator, 'acme')
  for (let from = 1; from < events; from += 1_000)
    await postern.em().execute(
      `insert into activity_event (namespace_id, id, at, action, actor_kind, actor_name, target, user_agent)
       select '${acmeId}', 'evt_01A' || lpad(n::text, 23, '0'), now(), 'repository.push', 'SYSTEM', 'system', n::text,
         repeat('x', 5000)
       from generate_series(${from}, ${from + 999}) n`,
    )
  await postern.em().execute(
    `insert into usage_day (namespace_id, day, repository, pulls, pushes)
     select '${acmeId}', current_date, 'acme/' || n || repeat('x', 400), 1, 0 from generate_series(1, ${rows}) n`,
  )
}, 120_000)
afterAll(() => postern.stop())

interface Received {
  readonly text: string
  /** Whether the last chunk came, which says that the body is complete. */
  readonly isComplete: boolean
}

/** Starts an export and does not read it until `read` is called. */
async function startExport(path: string, token: string | undefined): Promise<{ read(): Promise<Received> }> {
  const { hostname, port } = new URL(postern.url)
  const socket = connect(Number(port), hostname)
  socket.on('error', () => undefined)
  socket.write(`GET /organizations/acme/${path} HTTP/1.1\r\nHost: here\r\nConnection: close\r\n`)
  socket.write(`Authorization: Bearer ${token}\r\n\r\n`)
  await once(socket, 'readable')
  return {
    async read() {
      const chunks: Buffer[] = []
      socket.on('data', (chunk) => void chunks.push(chunk))
      await once(socket, 'close')
      const text = Buffer.concat(chunks).toString()
      return { text, isComplete: text.endsWith('\r\n0\r\n\r\n') }
    },
  }
}

async function newOwner() {
  const person = await postern.signUp('bob')
  const em = postern.em()
  const { id: user } = await em.findOneOrFail(User, { username: 'bob' })
  em.create(Membership, { organization: acmeId, user, role: 'OWNER', joinedAt: new Date() })
  await em.flush()
  return person
}

const usage = () => {
  const day = new Date().toISOString().slice(0, 10)
  return `usage.csv?from=${day}T00:00:00Z&to=${day}T23:59:59Z&groupBy=REPOSITORY`
}

describe('an export', () => {
  it('has the events up to the time of its request, and is complete', async () => {
    const started = await startExport('activity.jsonl', administrator.token)
    const query =
      'mutation { updateOrganization(input: { displayName: "later" }, organization: "acme") { userErrors { code } } }'
    expect((await administrator.send({ query })).body).toEqual({ data: { updateOrganization: { userErrors: [] } } })
    const { text, isComplete } = await started.read()
    expect(isComplete).toBe(true)
    expect(text.match(/"action":"repository.push"/g)).toHaveLength(events)
    expect(text).toContain('"action":"organization.create"')
    expect(text).not.toContain('organization.update')
    expect((await (await startExport('activity.jsonl', administrator.token)).read()).text).toContain(
      'organization.update',
    )
  })

  it('of the usage is complete as long as the right lasts', async () => {
    const { text, isComplete } = await (await startExport(usage(), administrator.token)).read()
    expect(isComplete).toBe(true)
    expect(text.match(/acme\//g)).toHaveLength(rows)
  })

  it('breaks off once its caller is no member any more', async () => {
    const { client, username } = await newOwner()
    const paths = ['activity.jsonl', 'activity.csv', usage()]
    const started = await Promise.all(paths.map((path) => startExport(path, client.token)))
    await administrator.execute(RemoveMemberDocument, { organization: 'acme', username })
    for (const each of started) expect((await each.read()).isComplete).toBe(false)
  })

  it('breaks off once its session has ended', async () => {
    const session = await postern.signInAsAdministrator()
    const started = await startExport('activity.jsonl', session.token)
    await session.send({ query: 'mutation { signOut { userErrors { code } } }' })
    expect((await started.read()).isComplete).toBe(false)
  })

  it('breaks off once its token is inactive', async () => {
    const scopes = [
      {
        resource: 'ORGANIZATION' as const,
        path: 'acme',
        permissions: ['ACTIVITY_READ' as const, 'REPORT_READ' as const],
      },
    ]
    const { id, secret } = await generateToken(administrator, { label: 'audit', scopes })
    const started = await Promise.all(['activity.csv', usage()].map((path) => startExport(path, secret)))
    await administrator.execute(DeactivateTokenDocument, { id })
    for (const each of started) expect((await each.read()).isComplete).toBe(false)
  })
})
