import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { Client } from '../harness/client.ts'
import { type Postern, startPostern } from '../harness/postern.ts'

let postern: Postern
beforeAll(async () => {
  postern = await startPostern({ trustProxy: ['127.0.0.1'] })
})
beforeEach(() => postern.em().execute('truncate failure_count'))
afterAll(() => postern.stop())

const mutation = `mutation ($input: SignUpInput!) {
  signUp(input: $input) { sessionToken userErrors { code } }
}`

/** Signs up from a network. Returns the code of the error, or `OK`. */
async function outcomeOf(username: string, network: string, password = 'a long password'): Promise<string> {
  const input = { username, email: `${username}@example.com`, password }
  const { body } = await new Client(postern.url, undefined).send(
    { query: mutation, variables: { input } },
    { 'x-forwarded-for': network },
  )
  const [error] = body.errors ?? []
  if (error !== undefined) return error.extensions.code
  return /"code":"(\w+)"/.exec(JSON.stringify(body.data))?.[1] ?? 'OK'
}

/** What a network has left, as if it had used the budget up to some. */
async function useUp(failures: number): Promise<void> {
  await postern.em().execute('update failure_count set failures = ? where failures > 0', [failures])
}

it('names that are in use are limited per network, together with every other sign-up there', async () => {
  expect(await outcomeOf('admin', '203.0.113.1')).toBe('TAKEN')
  await useUp(49)
  expect(await outcomeOf('ada', '203.0.113.1')).toBe('OK')
  expect(await outcomeOf('admin', '203.0.113.1')).toBe('TAKEN')
  expect(await outcomeOf('admin', '203.0.113.1')).toBe('TOO_MANY_REQUESTS')
  expect(await outcomeOf('ben', '203.0.113.1')).toBe('TOO_MANY_REQUESTS')
  expect(await outcomeOf('admin', '203.0.113.2')).toBe('TAKEN')
  expect(await outcomeOf('ben', '203.0.113.2')).toBe('OK')
})

it('accounts are limited per network, and invalid sign-ups do not count', async () => {
  expect(await outcomeOf('cleo', '203.0.113.3')).toBe('OK')
  await useUp(99)
  expect(await outcomeOf('dora', '203.0.113.3', 'short')).toBe('INVALID')
  expect(await outcomeOf('admin', '203.0.113.3')).toBe('TAKEN')
  expect(await outcomeOf('dora', '203.0.113.3')).toBe('OK')
  expect(await outcomeOf('emil', '203.0.113.3')).toBe('TOO_MANY_REQUESTS')
})

it('administrators create accounts without a limit', async () => {
  expect(await outcomeOf('finn', '203.0.113.4')).toBe('OK')
  await useUp(100)
  expect(await outcomeOf('gina', '203.0.113.4')).toBe('TOO_MANY_REQUESTS')
  const administrator = await postern.signInAsAdministrator()
  const input = { username: 'gina', email: 'gina@example.com', password: 'a long password' }
  const headers = { 'x-forwarded-for': '203.0.113.4' }
  const { body } = await administrator.send({ query: mutation, variables: { input } }, headers)
  expect(JSON.stringify(body)).toContain('"userErrors":[]')
})
