import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { isPublicAddress, lookupPublic, NotPublic } from '../../src/domain/notice/network.ts'
import type { Client } from '../harness/client.ts'
import { createOrganization, type Postern, startPostern } from '../harness/postern.ts'
import { type Receiver, startReceiver } from '../harness/receiver.ts'
import { createNotice, createWebhook, waitForDelivery } from './arrange.ts'

describe('an address of the public internet', () => {
  it.each(['8.8.8.8', '1.1.1.1', '172.32.0.1', '2606:4700::1111', '2a00:1450::1', '::ffff:8.8.8.8'])(
    'includes %s',
    (address) => {
      expect(isPublicAddress(address)).toBe(true)
    },
  )

  it.each([
    '127.0.0.1',
    '127.9.9.9',
    '0.0.0.0',
    '10.1.2.3',
    '172.16.0.1',
    '172.31.255.255',
    '192.168.1.1',
    '169.254.169.254',
    '100.64.0.1',
    '224.0.0.1',
    '255.255.255.255',
    '::',
    '::1',
    '::ffff:127.0.0.1',
    '::ffff:7f00:1',
    '::ffff:10.0.0.1',
    '::127.0.0.1',
    '64:ff9b::7f00:1',
    '2002:7f00:1::',
    'fe80::1',
    'fc00::1',
    'fd12:3456::1',
    'ff02::1',
    'localhost',
    '',
  ])('excludes %s', (address) => {
    expect(isPublicAddress(address)).toBe(false)
  })

  it('a public address must be the result of resolving a name', async () => {
    const lookup = promisify(lookupPublic)
    for (const options of [{ all: true }, {}, { family: 4 }])
      await expect(lookup('localhost', options)).rejects.toThrow(NotPublic)
  })
})

describe('an installation that only sends to the public internet', () => {
  let postern: Postern
  let owner: Client
  let acme: string
  let receiver: Receiver

  beforeAll(async () => {
    postern = await startPostern({ webhookNetworks: 'public' })
    owner = await postern.signInAsAdministrator()
    acme = await createOrganization(owner, 'acme')
    receiver = await startReceiver()
  })
  afterAll(async () => {
    await postern.stop()
    await receiver.stop()
  })

  it.each(['127.0.0.1', 'localhost', '[::1]', '[::ffff:127.0.0.1]', '0.0.0.0', '2130706433'])(
    'sends nothing to %s',
    async (host) => {
      const url = receiver.url.replace('127.0.0.1', host)
      const { id } = await createWebhook(owner, { url })
      await createNotice(postern, acme)
      const delivery = await waitForDelivery(owner, id, ({ error }) => error !== null)
      expect(delivery).toMatchObject({
        status: 'PENDING',
        error: expect.stringContaining('not of the public internet'),
      })
      expect(receiver.received).toEqual([])
    },
  )
})
