import { randomUUID } from 'node:crypto'
import { beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { ActivityDocument, UsageReportDocument } from '../../schema/typed-documents.ts'
import { ActivityEvent } from '../../src/domain/model/activity-event.ts'
import { UsageDay } from '../../src/domain/model/usage-tables.ts'
import { generatePersonal } from '../harness/personal-token.ts'
import { createOrganization, createRepository, generateToken, type Person } from '../harness/postern.ts'
import { addMember, userIdOf } from '../token/arrange.ts'
import { arrangeReports } from './arrange-reports.ts'

const { world, notification, push, report } = arrangeReports()
let globex: string
let ida: Person
let idaId: string
/** A token of globex, and a personal token of ida, who is a member of globex. */
let visitor: string
let personal: string

beforeAll(async () => {
  globex = await createOrganization(world.owner, 'globex')
  await createRepository(world.owner, 'acme/open', 'PUBLIC')
  ida = await world.postern.signUp('ida')
  idaId = await userIdOf(world.postern.em(), 'ida')
  await addMember(world.postern.em(), globex, 'ida', 'MEMBER')
  visitor = (await generateToken(world.owner, { organization: 'globex', label: 'build of globex' })).id
  personal = (await generatePersonal(ida.client, { label: 'laptop of ida' })).id
})
beforeEach(() => world.postern.em().execute('delete from usage_day'))

const pull = (name: string, target: object = { repository: 'acme/open' }, request: object = {}) =>
  notification({ actor: { name }, target, request: { id: randomUUID(), ...request } })

async function pullsIn(organization: string, filter: object = {}) {
  const data = await world.owner.execute(ActivityDocument, {
    organization,
    filter: { actions: ['repository.pull'], ...filter },
  })
  return data.organization?.activity?.nodes ?? []
}

async function usageOf(organization: string) {
  const to = new Date(Date.now() + 86_400_000).toISOString()
  const from = new Date(Date.now() - 86_400_000).toISOString()
  const groupBy = ['TOKEN', 'USER', 'REPOSITORY', 'IP_ADDRESS'] as const
  const data = await world.owner.execute(UsageReportDocument, { organization, from, to, groupBy: [...groupBy] })
  return data.organization?.usageReport ?? []
}

async function exported(file: string): Promise<string> {
  const headers = { authorization: `Bearer ${world.owner.token}` }
  return (await fetch(`${world.postern.url}/organizations/acme/${file}`, { headers })).text()
}

describe("a pull of another organization's public image", () => {
  it('is in the log and report of the organization of the token, with everything', async () => {
    await report(pull(visitor))
    expect(await pullsIn('globex', { token: visitor })).toMatchObject([
      {
        target: 'acme/open:1.0',
        tokenLabel: 'build of globex',
        actor: { kind: 'ORGANIZATION_TOKEN', name: 'globex' },
        ipAddress: '203.0.113.9',
        userAgent: 'skopeo/1.9.3',
      },
    ])
    expect(await usageOf('globex')).toMatchObject([
      { accessToken: { id: visitor }, repository: 'acme/open', ipAddress: '203.0.113.9', pulls: 1 },
    ])
  })

  it("is in the log and report of the repository's organization with a pseudonym and a network", async () => {
    await report(pull(visitor), pull(visitor, undefined, { addr: '203.0.113.77:1' }))
    const [first, second] = await pullsIn('acme', { repository: 'acme/open' })
    const name = first?.actor.name ?? ''
    expect(name).toMatch(/^visitor-[0-9a-f]{12}$/)
    const seen = { actor: { kind: 'SYSTEM', name, user: null }, ipAddress: '203.0.113.0/24' }
    expect([first, second]).toMatchObject([
      { ...seen, accessToken: null, tokenLabel: null, userAgent: null, target: 'acme/open:1.0' },
      seen,
    ])
    expect(await usageOf('acme')).toMatchObject([
      { accessToken: null, tokenLabel: name, user: null, ipAddress: '203.0.113.0/24', pulls: 2 },
    ])
    expect((await pullsIn('acme', { actor: name })).slice(0, 2)).toEqual([first, second])
  })

  it('shows the network of an IPv6 address by its first 48 bits', async () => {
    await report(pull(visitor, undefined, { addr: '[2001:db8:1:2::7]:4711' }))
    expect((await pullsIn('acme'))[0]).toMatchObject({ ipAddress: '2001:db8:1::/48' })
  })

  it('discloses nothing of the token or its person in the log, the report and the exports', async () => {
    await report(pull(visitor), pull(personal), pull(idaId))
    const day = new Date().toISOString().slice(0, 10)
    const files = await Promise.all([
      exported('activity.jsonl'),
      exported('activity.csv'),
      exported(`usage.csv?from=${day}T00:00:00Z&to=${day}T23:59:59Z&groupBy=TOKEN&groupBy=USER&groupBy=IP_ADDRESS`),
    ])
    const stored = [
      await world.postern.em().find(ActivityEvent, { namespace: world.acme, action: 'repository.pull' }),
      await world.postern.em().find(UsageDay, { namespace: world.acme }),
    ]
    const text = [...files, JSON.stringify(stored)].join('\n')
    expect(text).toContain('visitor-')
    for (const secret of [visitor, personal, idaId, 'of globex', 'of ida', '"ida"', 'skopeo', '203.0.113.9'])
      expect(text).not.toContain(secret)
    for (const token of [visitor, personal]) expect(await pullsIn('acme', { token })).toEqual([])
    expect(await pullsIn('acme', { actor: 'ida' })).toEqual([])
    expect(await pullsIn('acme', { actor: 'globex' })).toEqual([])
  })

  it('has another pseudonym for each caller, each day and each organization', async () => {
    await createOrganization(world.owner, 'initech')
    await createRepository(world.owner, 'initech/open', 'PUBLIC')
    const yesterday = { ...pull(visitor), timestamp: new Date(Date.now() - 86_400_000).toISOString() }
    await report(pull(visitor), pull(personal), yesterday, pull(visitor, { repository: 'initech/open' }))
    const before = await pullsIn('acme', { to: new Date(Date.now() - 3_600_000).toISOString() })
    const events = [...(await pullsIn('acme')).slice(0, 2), ...before, ...(await pullsIn('initech'))]
    const names = events.map(({ actor }) => actor.name)
    expect(new Set(names).size).toBe(4)
  })

  it("is in a person's own log with everything", async () => {
    await report(pull(personal))
    const [event] = await world.postern.em().find(ActivityEvent, { namespace: idaId, action: 'repository.pull' })
    expect(event).toMatchObject({ tokenId: personal, target: 'acme/open:1.0', ipAddress: '203.0.113.9' })
    expect(await world.postern.em().find(UsageDay, { namespace: idaId })).toMatchObject([{ tokenId: personal }])
  })

  it('is under a pseudonym if the token was deleted meanwhile', async () => {
    const id = 'tok_01JD9Z3R5W8V0Q6T2YB4NCXHKM'
    await report(pull(id))
    expect((await pullsIn('acme'))[0]).toMatchObject({ actor: { kind: 'SYSTEM', name: /^visitor-/ } })
  })
})

describe('a pull by somebody of the organization', () => {
  it("names the organization's token, also of a public image, and is one event", async () => {
    await report(pull(world.token))
    expect(await pullsIn('acme', { token: world.token })).toMatchObject([
      { actor: { name: 'acme' }, ipAddress: '203.0.113.9', tokenLabel: 'ci' },
    ])
  })

  it('names a member, also of a public image', async () => {
    const eve = await world.postern.signUp('eve')
    await addMember(world.postern.em(), world.acme, 'eve', 'MEMBER')
    const { id } = await generatePersonal(eve.client)
    await report(pull(id))
    expect(await pullsIn('acme', { actor: 'eve' })).toMatchObject([{ ipAddress: '203.0.113.9' }])
    const eveId = await userIdOf(world.postern.em(), 'eve')
    expect(await world.postern.em().count(ActivityEvent, { namespace: eveId, action: 'repository.pull' })).toBe(0)
  })

  it('names somebody who pulled a private image before they left', async () => {
    await report(pull(personal, { repository: 'acme/app' }))
    expect(await pullsIn('acme', { token: personal })).toMatchObject([{ actor: { name: 'ida' } }])
  })

  it('a push always names its caller', async () => {
    await report(push({ actor: { name: visitor }, target: { repository: 'acme/open' } }))
    const { organization } = await world.owner.execute(ActivityDocument, {
      organization: 'acme',
      filter: { token: visitor, actions: ['repository.push'] },
    })
    expect(organization?.activity?.nodes).toMatchObject([{ tokenLabel: 'build of globex' }])
  })
})
