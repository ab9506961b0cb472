import { afterEach, describe, expect, it } from 'vitest'
import { AccessTokensDocument } from '../../schema/typed-documents.ts'
import { ActivityEvent } from '../../src/domain/model/activity-event.ts'
import { createOrganization, generateToken, type Postern, startPostern } from '../harness/postern.ts'
import { acme, askForToken, grantsIn } from '../harness/token-endpoint.ts'

let postern: Postern
afterEach(() => postern.stop())

/** The address that a login is recorded with, on a server behind these proxies. */
async function start(trustProxy: string[]) {
  postern = await startPostern({ trustProxy })
  const owner = await postern.signInAsAdministrator()
  await createOrganization(owner, 'acme', 'BUSINESS')

  return async (forwardedFor: string): Promise<string | null | undefined> => {
    const headers = { 'x-forwarded-for': forwardedFor, forwarded: 'for=192.0.2.1', 'x-real-ip': '192.0.2.2' }
    const { id, secret } = await generateToken(owner)
    grantsIn(await askForToken(postern.url, { login: acme(secret), headers }))
    const response = await owner.execute(AccessTokensDocument, { organization: 'acme', first: 100 })
    const used = response.organization?.accessTokens.nodes.find((token) => token.id === id)?.lastUsed

    // Activity events have the same address as the last use.
    const { body } = await owner.send(
      {
        query: 'mutation M($name: String!) { createRepository(input: { name: $name }) { repository { id } } }',
        variables: { name: `acme/${id.toLowerCase().replaceAll('_', '-')}` },
      },
      headers,
    )
    expect(body).not.toHaveProperty('errors')
    const [event] = await postern.em().find(ActivityEvent, { action: 'repository.create' }, { orderBy: { id: 'desc' } })
    expect(event?.ipAddress ?? null).toBe(used?.ipAddress ?? null)
    return used?.ipAddress
  }
}

describe('the address of a client', () => {
  it('the address of a client is that of the connection if no proxy is trusted, whatever the headers say', async () => {
    const addressFor = await start([])
    for (const claimed of ['203.0.113.9', '10.0.0.1, 203.0.113.9', 'garbage', ''])
      expect(await addressFor(claimed)).toBe('127.0.0.1')
  })

  it('the address of a client is the address of the connection if other proxies are trusted', async () => {
    const addressFor = await start(['10.0.0.2', '192.168.0.0/16', 'fd00::/8'])
    for (const claimed of ['203.0.113.9', '203.0.113.9, 10.0.0.2']) expect(await addressFor(claimed)).toBe('127.0.0.1')
  })

  it("the address of a client is the last one that is not a trusted proxy's, so nobody chooses their own", async () => {
    const addressFor = await start(['127.0.0.1', '10.0.0.0/8'])
    expect(await addressFor('203.0.113.9')).toBe('203.0.113.9')
    expect(await addressFor('198.51.100.7, 203.0.113.9')).toBe('203.0.113.9')
    expect(await addressFor('198.51.100.7, 203.0.113.9, 10.1.2.3')).toBe('203.0.113.9')
    expect(await addressFor('2001:db8::9')).toBe('2001:db8::9')
    expect(await addressFor('')).toBe('127.0.0.1')
  })

  it('the address of a client is unknown if a trusted proxy reports a malformed one, without an error', async () => {
    const addressFor = await start(['127.0.0.1'])
    for (const claimed of [
      'unknown',
      '203.0.113.9:4711x',
      '203.0.113.9:',
      '2001:db8::9]:4711',
      "1.2.3.4'",
      '999.1.1.1',
      '10.0.0.0/8',
    ])
      expect(await addressFor(claimed)).toBeNull()
    expect(await addressFor('fe80::1%eth0')).toBe('fe80::1')
    expect(await addressFor('203.0.113.9')).toBe('203.0.113.9')
  })
  it('the address of a client has no port, whether the proxy is the last or one before it', async () => {
    const addressFor = await start(['127.0.0.1', '10.0.0.0/8', 'fd00::/8'])
    expect(await addressFor('203.0.113.9:4711')).toBe('203.0.113.9')
    expect(await addressFor('[2001:db8::9]:4711')).toBe('2001:db8::9')
    expect(await addressFor('[2001:db8::9]')).toBe('2001:db8::9')
    expect(await addressFor('198.51.100.7:1, 203.0.113.9:4711, 10.1.2.3:5555')).toBe('203.0.113.9')
    expect(await addressFor('198.51.100.7, [2001:db8::9]:4711, [fd00::1]:5555, 10.1.2.3')).toBe('2001:db8::9')
  })

  it('the address of a client is that of the connection if it sends a port and no proxy is trusted', async () => {
    const addressFor = await start([])
    for (const claimed of ['203.0.113.9:4711', '[2001:db8::9]:4711'])
      expect(await addressFor(claimed)).toBe('127.0.0.1')
  })
})
