import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { ApproveDeviceDocument, DeleteTokenDocument } from '../../schema/typed-documents.ts'
import { mintSecret } from '../../src/domain/secrets/token-secret.ts'
import { poll, startDevice } from '../harness/device.ts'
import { type OpenidProvider, startOpenidProvider } from '../harness/openid-provider.ts'
import { signInDevice } from '../harness/personal-token.ts'
import {
  adminPassword,
  createOrganization,
  createRepository,
  generateToken,
  type Postern,
  startPostern,
} from '../harness/postern.ts'
import { acme, askForToken, type Login, postForToken } from '../harness/token-endpoint.ts'
import { ExampleRun, examples } from '../schema/example-operations.ts'
import { RequestStatements } from './sent-by-requests.ts'

let provider: OpenidProvider
let sent: RequestStatements
const posterns: Postern[] = []

beforeAll(async () => {
  provider = await startOpenidProvider()
  posterns.push(await startPostern(), await startPostern())
  sent = new RequestStatements()
})
afterAll(async () => {
  sent.stop()
  for (const postern of posterns) await postern.stop()
  await provider.stop()
})

type Sections = Array<readonly [request: string, statements: readonly string[]]>

async function sentByExamples(postern: Postern): Promise<Sections> {
  const run = new ExampleRun(postern, provider)
  const sections: Sections = []
  for (const example of examples) {
    let data: unknown
    const statements = await sent.during(async () => {
      const { body } = await run.send(example)
      expect(body.errors).toBeUndefined()
      data = body.data
    })
    sections.push([example.file, statements])
    await run.goOn(example, data)
  }
  return sections
}

async function sentForRegistries(postern: Postern): Promise<Sections> {
  const owner = await postern.signInAsAdministrator()
  await createOrganization(owner, 'acme')
  await createRepository(owner, 'acme/api', 'PUBLIC')
  const { id, secret } = await generateToken(owner, {
    scopes: [
      { resource: 'REPOSITORY', path: 'acme/*', permissions: ['IMAGE_PUSH'] },
      { resource: 'ORGANIZATION', path: 'acme', permissions: ['REPOSITORY_CREATE'] },
    ],
  })
  const { secret: ofDevice } = await signInDevice(postern, { username: 'admin', password: adminPassword })
  const admin = (password: string): Login => ({ username: 'admin', password })
  const ask =
    (login: Login | null, scope?: string, status = 200) =>
    async () => {
      const result = await askForToken(postern.url, { login, scopes: scope === undefined ? [] : [scope] })
      expect(result.status).toBe(status)
    }
  const pull = 'repository:acme/api:pull'
  const requests: Array<[string, () => Promise<unknown>]> = [
    ["GET /token, first use of an organization's token", ask(acme(secret))],
    ["GET /token, login with an organization's token", ask(acme(secret))],
    ["GET /token, pull with an organization's token", ask(acme(secret), pull)],
    ["GET /token, push with an organization's token", ask(acme(secret), `${pull},push`)],
    ['GET /token, first push to a new repository', ask(acme(secret), 'repository:acme/new:pull,push')],
    ['GET /token, login with an unknown token', ask(acme(mintSecret('pstn', 'oat').reveal()), undefined, 401)],
    ['GET /token, first use of a personal token', ask(admin(ofDevice))],
    ['GET /token, pull with a personal token', ask(admin(ofDevice), pull)],
    ['GET /token, login with a password', ask(admin(adminPassword))],
    ['GET /token, login with a wrong password', ask(admin('not the password'), undefined, 401)],
    ['GET /token, anonymous pull', ask(null, pull)],
    [
      "POST /token, pull with an organization's token",
      () => postForToken(postern.url, { grant_type: 'password', username: 'acme', password: secret, scope: pull }),
    ],
    ['POST /registry/events, push', () => report(postern, id, 'push', { tag: '1.0', digest: 'sha256:a' })],
    [
      'POST /registry/events, first push to a new repository',
      () => report(postern, id, 'push', { repository: 'acme/new', tag: '1.0', digest: 'sha256:a' }),
    ],
    ['POST /registry/events, pull', () => report(postern, id, 'pull', { tag: '1.0', digest: 'sha256:a' })],
    ['POST /registry/events, deletion of a tag', () => report(postern, id, 'delete', { tag: '1.0' })],
    ['POST /registry/events, deletion of a manifest', () => report(postern, id, 'delete', { digest: 'sha256:a' })],
  ]
  const sections: Sections = []
  for (const [request, work] of requests) sections.push([request, await sent.during(work)])
  return sections
}

async function sentForDevices(postern: Postern): Promise<Sections> {
  const login = { username: 'admin', password: adminPassword }
  const owner = await postern.signInAsAdministrator()
  const device = await startDevice(postern)
  const pending = await sent.during(() => poll(postern, device))
  await owner.execute(ApproveDeviceDocument, { userCode: device.userCode })
  const approved = await sent.during(() => poll(postern, device))
  const { id, secret } = await signInDevice(postern, login, 'sofa')
  await owner.execute(DeleteTokenDocument, { id })
  const recreated = await sent.during(() => askForToken(postern.url, { login: { ...login, password: secret } }))
  return [
    ['POST /oauth/device', await sent.during(() => startDevice(postern))],
    ['POST /oauth/token, before the approval', pending],
    ['POST /oauth/token, after the approval', approved],
    ["GET /token, with a device's token that was deleted", recreated],
  ]
}

async function report(postern: Postern, tokenId: string, action: string, target: object): Promise<void> {
  const mediaType = 'application/vnd.oci.image.manifest.v1+json'
  const event = {
    id: randomUUID(),
    timestamp: new Date().toISOString(),
    action,
    target: { repository: 'acme/api', ...(action === 'delete' ? {} : { mediaType }), ...target },
    request: {
      id: 'request',
      addr: '203.0.113.9:36728',
      method: action === 'pull' ? 'GET' : 'PUT',
      useragent: 'docker',
    },
    actor: { name: tokenId },
  }
  const response = await fetch(`${postern.url}/registry/events`, {
    method: 'POST',
    headers: { authorization: `Bearer ${postern.config.registryEventsSecret}` },
    body: JSON.stringify({ events: [event] }),
  })
  expect(await response.json()).toEqual({ recorded: 1 })
}

/** Lists each statement once, under the first request that sends it. */
function toText(sections: Sections): string {
  const above = new Set<string>()
  const parts = sections.map(([request, statements]) => {
    const added = [...new Set(statements)].filter((statement) => !above.has(statement))
    for (const statement of added) above.add(statement)
    return [`-- ${request}: ${statements.length}`, ...added.map((statement) => `${statement};`)].join('\n\n')
  })
  return `${header}\n\n${parts.join('\n\n')}\n`
}

const header = `-- The SQL that requests send: examples of schema/operations, the token endpoint, and reports of registries, with the
-- number of statements of each. A statement is shown at the first request that sends it.
-- Generated. After a change, run: npm test -- test/statements -u`

it('the statements of requests are those in schema/statements.sql', async () => {
  const [first, second] = posterns
  if (first === undefined || second === undefined) throw new Error('Postern was not started.')
  const sections = [
    ...(await sentByExamples(first)),
    ...(await sentForRegistries(second)),
    ...(await sentForDevices(second)),
  ]
  await expect(toText(sections)).toMatchFileSnapshot('../../schema/statements.sql')
})
