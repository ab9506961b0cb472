import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Client } from '../harness/client.ts'
import { createOrganization, createRepository, generateToken, type Postern, startPostern } from '../harness/postern.ts'
import { statementsOf } from '../harness/statements.ts'
import { acme, askForToken, grantsIn, postForToken } from '../harness/token-endpoint.ts'

let postern: Postern
let owner: Client
let secret: string

const names = Array.from({ length: 60 }, (_, index) => `acme/app-${index}`)
const scopeOf = (name: string) => `repository:${name}:pull,push`

beforeAll(async () => {
  postern = await startPostern()
  owner = await postern.signInAsAdministrator()
  await createOrganization(owner, 'acme', 'BUSINESS')
  for (const name of names) await createRepository(owner, name)
  const scopes = [{ resource: 'REPOSITORY' as const, path: 'acme/*', permissions: ['IMAGE_PUSH' as const] }]
  secret = (await generateToken(owner, { scopes })).secret
  // The first use of a token is written at once.
  await askForToken(postern.url, { login: acme(secret) })
})
afterAll(() => postern.stop())

const granted = Object.fromEntries(names.map((name) => [name, ['pull', 'push']]))
const inAForm = (scope: string) =>
  postForToken(postern.url, { grant_type: 'password', username: 'acme', password: secret, scope })

describe('a request with many scopes', () => {
  it('is granted sixty of them, with one statement for the token and one for all repositories', async () => {
    const statements = await statementsOf(async () => {
      const asked = await askForToken(postern.url, { login: acme(secret), scopes: names.map(scopeOf) })
      expect(grantsIn(asked)).toEqual(granted)
    })
    expect(statements).toHaveLength(2)
  })

  it.each([
    // The address is in the headers, of which Node reads 16 KiB.
    ['GET', 15_000, (scopes: string[]) => askForToken(postern.url, { login: acme(secret), scopes })],
    ['POST', 63_000, (scopes: string[]) => inAForm(scopes.join(' '))],
  ] as const)('is granted as many as fit, in %s, for as few statements', async (_method, size, ask) => {
    const scopes = names.map(scopeOf)
    const encodedLength = (scope: string) => new URLSearchParams({ scope }).toString().length + 1
    let length = scopes.reduce((sum, scope) => sum + encodedLength(scope), 0)
    for (let index = 0; length < size; index++) {
      const scope = `repository:acme/${index.toString(36)}:pull`
      length += encodedLength(scope)
      if (length < size) scopes.push(scope)
    }
    const statements = await statementsOf(async () => expect(grantsIn(await ask(scopes))).toEqual(granted))
    expect(scopes.length).toBeGreaterThan(350)
    expect(statements.length).toBeLessThanOrEqual(3)
  })

  it('counts a pull of each repository once, in one statement', async () => {
    const limited = (await generateToken(owner, { pullLimit: 60 })).secret
    await askForToken(postern.url, { login: acme(limited) })
    const scopes = [...names, ...names].map((name) => `repository:${name}:pull`)
    const statements = await statementsOf(async () => {
      expect(Object.keys(grantsIn(await askForToken(postern.url, { login: acme(limited), scopes })))).toEqual(names)
    })
    expect(statements).toHaveLength(3)
  })

  it('of which one is malformed is rejected', async () => {
    const asked = await askForToken(postern.url, { login: acme(secret), scopes: [...names.map(scopeOf), 'acme/app'] })
    expect(asked.status).toBe(400)
  })

  it('is rejected if it is too large', async () => {
    expect((await inAForm('repository:acme/app-0:pull '.repeat(2_600))).status).toBe(413)
    const scopes = Array.from({ length: 800 }, () => 'repository:acme/app-0:pull')
    expect((await askForToken(postern.url, { login: acme(secret), scopes })).status).toBe(431)
  })
})
