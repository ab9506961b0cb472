import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { mintSecret } from '../../src/domain/secrets/token-secret.ts'
import { loginOutcome, type Outcome, signInOutcome } from '../guess/attempts.ts'
import { Client } from '../harness/client.ts'
import type { Login } from '../harness/token-endpoint.ts'
import { PosternProcess } from '../process/postern-process.ts'
import type { Figure } from './figure.ts'

/**
 * A Postern that trusts X-Forwarded-For from 127.0.0.1, with the logins of its administrator and of an organization.
 */
export interface Target {
  readonly url: string
  readonly administrator: Login
  readonly token: Login
}

// The benchmark addresses of RFC 2544, which nobody uses.
const networkOf = (number: number) => `198.18.${(number >> 8) & 255}.${number & 255}`
const wrong = (username: string): Login => ({ username, password: `wrong ${randomBytes(6).toString('hex')}` })
const unknownToken = (): Login => ({ username: 'acme', password: mintSecret('pstn', 'oat').reveal() })
const passwordsAtOnce = 16
const tokensAtOnce = 32

/**
 * Starts the Postern in `dist/`. For some seconds per case, it measures what guessers get, and what everybody else gets
 * meanwhile.
 */
export async function measureGuesses(seconds = 10): Promise<readonly Figure[]> {
  const dataDir = await mkdtemp(join(tmpdir(), 'postern-abuse-'))
  const password = randomBytes(12).toString('base64url')
  const settings = { DATA_DIR: dataDir, ADMIN_PASSWORD: password, TRUST_PROXY: '127.0.0.1', LOG_LEVEL: 'silent' }
  const args = ['--import=./dist/src/source-maps.js', 'dist/src/main.js']
  const postern = new PosternProcess(process.execPath, args, resolve(import.meta.dirname, '../..'), settings)
  try {
    const url = await postern.url()
    const administrator = { username: 'admin', password }
    return await measureGuessesAt({ url, administrator, token: await generateToken(url, administrator) }, seconds)
  } finally {
    await postern.end()
    await rm(dataDir, { recursive: true, force: true, maxRetries: 5 })
  }
}

/** Measures a running Postern in the same way. */
export async function measureGuessesAt(target: Target, seconds: number): Promise<readonly Figure[]> {
  const { url, administrator, token } = target
  const figures: Figure[] = []
  for (const [door, attempt] of [
    ['signIn', signInOutcome],
    ['/token', loginOutcome],
  ] as const) {
    const network = networkOf(figures.length + 1)
    const { failed, all } = await during(seconds, passwordsAtOnce, () => attempt(url, wrong('admin'), network))
    figures.push(atMost(`passwords looked at, of one network and account, at ${door}`, failed, all, 10))
  }
  const names = await during(seconds, passwordsAtOnce, (index) =>
    signInOutcome(url, wrong(`name-${index}`), networkOf(3)),
  )
  figures.push(atMost('passwords looked at, of one network and ever new accounts', names.failed, names.all, 100))

  const [unknown, valid] = await Promise.all([
    during(seconds, tokensAtOnce, () => loginOutcome(url, unknownToken(), networkOf(4))),
    during(seconds, 1, () => loginOutcome(url, token, networkOf(4))),
  ])
  figures.push(atMost('unknown tokens of one network that got 401', unknown.failed, unknown.all, 100))
  figures.push(all('valid tokens of the same network that were let in meanwhile', valid))

  for (const [from, network] of [
    ['one other address', () => networkOf(5)],
    ['two hundred other addresses', (index: number) => networkOf(1_000 + (index % 200))],
  ] as const) {
    const [, signIns] = await Promise.all([
      during(seconds, 64, (index) => signInOutcome(url, wrong(`nobody-${index}`), network(index))),
      during(seconds, 1, () => signInOutcome(url, administrator, networkOf(6)), 50),
    ])
    figures.push(all(`sign-ins of the administrator during a flood of nonsense from ${from}`, signIns))
  }

  const logins = await during(seconds, tokensAtOnce, () => loginOutcome(url, token, networkOf(7)))
  figures.push(aMinute('logins of one address with a token', logins, seconds))
  const passwords = await during(seconds, passwordsAtOnce, () => signInOutcome(url, administrator, networkOf(8)))
  figures.push(aMinute('sign-ins of one address with the right password', passwords, seconds))
  return figures
}

type Count = Readonly<Record<Outcome | 'all', number>>

/** Sends attempts for a time, several at once, each with a pause before the next. */
async function during(
  seconds: number,
  atOnce: number,
  attempt: (index: number) => Promise<Outcome>,
  pauseMs = 0,
): Promise<Count> {
  const count = { right: 0, failed: 0, denied: 0, all: 0 }
  const end = performance.now() + seconds * 1000
  const one = async () => {
    while (performance.now() < end) {
      const outcome = await attempt(count.all++)
      count[outcome]++
      if (pauseMs > 0) await sleep(pauseMs)
    }
  }
  await Promise.all(Array.from({ length: atOnce }, one))
  return count
}

function atMost(name: string, found: number, sent: number, most: number): Figure {
  return { name, value: `${found} of ${sent} sent`, goal: `at most ${most}`, met: found <= most }
}

function all(name: string, { right, all }: Count): Figure {
  return { name, value: `${right} of ${all}`, goal: 'all', met: all > 0 && right === all }
}

function aMinute(name: string, { right, all }: Count, seconds: number): Figure {
  const rate = Math.round((right / seconds) * 60)
  return {
    name: `${name}, a minute`,
    value: `${rate}, all let in`,
    goal: 'at least 1000',
    met: right === all && rate >= 1_000,
  }
}

/** Generates an organization token as the administrator. */
export async function generateToken(url: string, input: Login): Promise<Login> {
  const ask = async (client: Client, query: string, variables = {}) => {
    const { body } = await client.send({ query, variables })
    if (!body.data) throw new Error(JSON.stringify(body))
    return body.data
  }
  const session = await ask(
    new Client(url, undefined),
    'mutation ($input: SignInInput!) { signIn(input: $input) { sessionToken } }',
    { input },
  )
  const administrator = new Client(url, String(Reflect.get(Object(session.signIn), 'sessionToken')))
  await ask(
    administrator,
    'mutation { createOrganization(input: { name: "acme", plan: TEAM }) { organization { id } userErrors { message } } }',
  )
  const created = await ask(
    administrator,
    `mutation { generateOrganizationToken(input: { organization: "acme", label: "ci", scopes: [
      { resource: REPOSITORY, path: "acme/*", permissions: [IMAGE_PULL] }
    ] }) { secret userErrors { message } } }`,
  )
  return { username: 'acme', password: String(Reflect.get(Object(created.generateOrganizationToken), 'secret')) }
}
