import type { EntityManager } from '@mikro-orm/postgresql'
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { UpdateOrganizationDocument } from '../../schema/typed-documents.ts'
import { announce } from '../../src/domain/journal/announce.ts'
import { Delivery } from '../../src/domain/model/delivery.ts'
import { Notice, noticeKinds } from '../../src/domain/model/notice.ts'
import { mailText } from '../../src/domain/notice/mail-text.ts'
import type { Client } from '../harness/client.ts'
import { type MailServer, startMailServer } from '../harness/mail-server.ts'
import { createOrganization, type Person, type Postern, startPostern } from '../harness/postern.ts'
import { addMember, userIdOf } from '../token/arrange.ts'
import { announcement, createNotice, expireDelays } from '../webhook/arrange.ts'

let postern: Postern
let mailServer: MailServer
let administrator: Client
let olga: Person
let acme: string

const from = 'postern@registry.example.com'

beforeAll(async () => {
  mailServer = await startMailServer()
  const publicUrl = 'https://postern.example.com'
  postern = await startPostern({ mail: { smtpUrl: mailServer.url, from }, publicUrl })
  administrator = await postern.signInAsAdministrator()
  acme = await createOrganization(administrator, 'acme')
  olga = await postern.signUp('olga')
  await postern.signUp('mia')
  await addMember(postern.em(), acme, 'olga', 'OWNER')
  await addMember(postern.em(), acme, 'mia', 'MEMBER')
})
afterAll(async () => {
  await postern.stop()
  await mailServer.stop()
})
beforeEach(() => postern.em().nativeDelete(Notice, {}))

/** Waits until no delivery is pending, and returns all outcomes. */
async function settled(): Promise<Delivery[]> {
  return vi.waitFor(
    async () => {
      const deliveries = await postern.em().find(Delivery, {})
      if (deliveries.some(({ status }) => status === 'PENDING')) throw new Error('Something is pending.')
      return deliveries
    },
    { timeout: 10_000, interval: 50 },
  )
}

describe('a notification of an organization', () => {
  it('a notification of an organization is mailed to each owner with an address, and says what to do', async () => {
    const before = mailServer.mails.length
    await createNotice(postern, acme, { token: { id: 'tok_1', label: 'ci' }, data: { limit: 20, resetsAt: 'soon' } })
    await settled()
    // The administrator is an owner, too, and has no address.
    const [mail, ...others] = mailServer.mails.slice(before)
    expect(others).toEqual([])
    expect(mail).toMatchObject({ from, to: ['olga@example.com'] })
    expect(mail?.message).toMatch(
      /^Subject: .*The_pulls_of_acme_with_the_access_token_\S*\s+\S*=22ci=22_have_reached_their_limit/m,
    )
    expect(mail?.message).toMatch(/^Auto-Submitted: auto-generated\r?$/im)
    expect(mail?.message).toMatch(/^Content-Type: text\/plain/im)
    expect(mail?.message).toContain('Limit: 20')
    expect(mail?.message).toContain('https://postern.example.com/graphql')
  })

  it('a notification of an organization is mailed to nobody if the organization disabled mail', async () => {
    const set = (emailNotices: boolean) =>
      olga.client.execute(UpdateOrganizationDocument, { organization: 'acme', input: { emailNotices } })
    await set(false)
    await createNotice(postern, acme)
    expect(await postern.em().count(Delivery, {})).toBe(0)
    await set(true)
    await createNotice(postern, acme)
    expect(await settled()).toMatchObject([{ status: 'DELIVERED' }])
  })

  it('a notification of an organization is mailed to nobody who is no longer an owner', async () => {
    const before = mailServer.mails.length
    const setRole = (em: EntityManager, role: string) =>
      em.execute(
        "update membership set role = ? where user_id = (select id from user_account where username = 'olga')",
        [role],
      )
    await postern.em().transactional(async (em) => {
      await announce(em, [announcement(acme)])
      await setRole(em, 'MEMBER')
    })
    expect(await settled()).toMatchObject([{ status: 'FAILED', attempts: 1 }])
    await setRole(postern.em(), 'OWNER')
    expect(mailServer.mails.length).toBe(before)
  })
})

describe('a notification of a person', () => {
  it('a notification of a person is mailed to them', async () => {
    const before = mailServer.mails.length
    await createNotice(postern, await userIdOf(postern.em(), 'mia'), { kind: 'TOKEN_EXPIRED' })
    expect(await settled()).toMatchObject([{ status: 'DELIVERED', attempts: 1 }])
    expect(mailServer.mails.slice(before)).toMatchObject([{ to: ['mia@example.com'] }])
  })

  it('a name cannot inject headers', async () => {
    const before = mailServer.mails.length
    const label = 'ci\r\nBcc: eve@example.com\r\n\r\nHello'
    await createNotice(postern, await userIdOf(postern.em(), 'mia'), {
      token: { id: 'tok_1', label },
      data: { a: 'x\r\n.\r\ny' },
    })
    await settled()
    const [mail, ...others] = mailServer.mails.slice(before)
    expect(others).toEqual([])
    expect(mail?.to).toEqual(['mia@example.com'])
    expect(mail?.message).not.toMatch(/^Bcc/im)
    expect(mail?.message).toMatch(/^A: x . y/m)
  })
})

describe('a mail that fails', () => {
  it('a mail that fails is sent again, unless the address is rejected permanently', async () => {
    const mia = await userIdOf(postern.em(), 'mia')
    mailServer.refusing = 451
    await createNotice(postern, mia)
    const deliveries = () => postern.em().find(Delivery, {})
    await vi.waitFor(
      async () => expect(await deliveries()).toMatchObject([{ status: 'PENDING', responseStatus: 451 }]),
      {
        timeout: 10_000,
      },
    )
    mailServer.refusing = null
    await expireDelays(postern)
    expect(await settled()).toMatchObject([{ status: 'DELIVERED', attempts: 2 }])

    mailServer.refusing = 550
    await createNotice(postern, mia)
    const [, failed] = await settled()
    expect(failed).toMatchObject({ status: 'FAILED', attempts: 1, responseStatus: 550 })
    mailServer.refusing = null
  })
})

describe('without a mail server', () => {
  it('nobody is mailed, also not later', async () => {
    const without = await startPostern()
    const mia = await without.signUp('mia')
    await createNotice(without, await userIdOf(without.em(), mia.username))
    expect(await without.em().count(Notice, {})).toBe(1)
    expect(await without.em().count(Delivery, {})).toBe(0)
    await without.stop()
  })
})

describe('the text of a mail', () => {
  it.each(noticeKinds)('says what to do about %s', (kind) => {
    const notice = {
      kind,
      at: '2030-01-01T00:00:00.000Z',
      tokenId: 'tok_1',
      tokenLabel: 'ci',
      data: { days: 7 },
      name: 'acme',
    }
    const { subject, text } = mailText(notice, 'https://postern.example.com')
    expect(subject).toMatch(/^(The|An) .*"ci"/)
    expect(text).toMatch(
      /^.*\.\n\n.{30,}\.\n\nAt: 2030-01-01T00:00:00\.000Z\nDays: 7\n\nhttps:\/\/postern\.example\.com\/graphql\n$/s,
    )
  })
})
