import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { ActivityEvent } from '../../src/domain/model/activity-event.ts'
import { RegistryLogin } from '../../src/domain/model/usage-tables.ts'
import { pruneRegistryLogins } from '../../src/domain/registry-access/registry-login-store.ts'
import type { Client } from '../harness/client.ts'
import { createOrganization, createRepository, generateToken, type Postern, startPostern } from '../harness/postern.ts'
import { statementsOf } from '../harness/statements.ts'
import { acme, askForToken } from '../harness/token-endpoint.ts'

let postern: Postern
let owner: Client
let token: { readonly id: string; readonly secret: string }

beforeAll(async () => {
  postern = await startPostern({ trustProxy: ['127.0.0.1'] })
  owner = await postern.signInAsAdministrator()
  await createOrganization(owner, 'acme', 'BUSINESS')
  await createRepository(owner, 'acme/app')
})
beforeEach(async () => {
  token = await generateToken(owner, { label: 'deploy' })
})
afterAll(async () => {
  vi.useRealTimers()
  await postern.stop()
})

async function logIn(secret = token.secret, { from = '203.0.113.9', url = postern.url, scopes = [] as string[] } = {}) {
  const headers = { 'user-agent': 'docker/29.1', 'x-forwarded-for': from }
  return (await askForToken(url, { login: acme(secret), scopes, headers })).status
}

const logins = (tokenId = token.id) =>
  postern.em().find(ActivityEvent, { tokenId, action: 'access_token.registry_login' }, { orderBy: { id: 'asc' } })

/** Waits until logins are written, and returns how many there are. */
async function written(): Promise<number> {
  await new Promise((resolve) => setTimeout(resolve, 1_500))
  return (await logins()).length
}

describe('a login with an organization token', () => {
  it('is an event with token, address and client', async () => {
    expect(await logIn()).toBe(200)
    expect(await written()).toBe(1)
    expect(await logins()).toMatchObject([
      {
        target: 'deploy',
        tokenLabel: 'deploy',
        actorKind: 'ORGANIZATION_TOKEN',
        actorName: 'acme',
        ipAddress: '203.0.113.9',
        userAgent: 'docker/29.1',
      },
    ])
  })

  it('is one event a minute for each address', async () => {
    for (let count = 0; count < 5; count++) await logIn()
    await logIn(token.secret, { from: '203.0.113.10' })
    expect(await written()).toBe(2)
    await logIn()
    expect(await written()).toBe(2)
  })

  it('is an event again after a minute', async () => {
    const start = Date.now()
    vi.useFakeTimers({ toFake: ['Date'], now: start })
    await logIn()
    expect(await written()).toBe(1)
    vi.setSystemTime(start + 59_000)
    await logIn()
    expect(await written()).toBe(1)
    vi.setSystemTime(start + 61_000)
    await logIn()
    expect(await written()).toBe(2)
    vi.useRealTimers()
  })

  it('is one event at several instances', async () => {
    const second = await postern.startSecondInstance()
    try {
      const urls = [postern.url, second.url, postern.url, second.url]
      await Promise.all(urls.map((url) => logIn(token.secret, { url })))
      expect(await written()).toBe(1)
    } finally {
      await second.stop()
    }
  })

  it('sends no statement for a repetition', async () => {
    await logIn()
    await written()
    const statements = await statementsOf(async () => {
      for (let count = 0; count < 3; count++) await logIn()
      await new Promise((resolve) => setTimeout(resolve, 1_500))
    })
    expect(statements.filter((text) => text.includes('registry_login'))).toEqual([])
  })

  it('is written when the server stops', async () => {
    await logIn()
    await postern.restart()
    owner = postern.client(owner.token)
    expect(await logins()).toHaveLength(1)
  })

  it('leaves no trace but the event after some minutes', async () => {
    await logIn()
    await written()
    const claims = () => postern.em().count(RegistryLogin, { token: token.id })
    await pruneRegistryLogins(postern.em(), new Date())
    expect(await claims()).toBe(1)
    await pruneRegistryLogins(postern.em(), new Date(Date.now() + 180_000))
    expect(await claims()).toBe(0)
  })
})

describe('no login event', () => {
  it('is recorded for a rejected login, or a request for a repository', async () => {
    expect(await logIn(`${token.secret}0`)).toBe(401)
    expect(await logIn(token.secret, { scopes: ['repository:acme/app:pull'] })).toBe(200)
    expect(await written()).toBe(0)
  })
})
