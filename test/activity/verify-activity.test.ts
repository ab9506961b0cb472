import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { ChainPoint } from '../../src/domain/activity/chain-store.ts'
import type { Finding } from '../../src/domain/activity/follow-chain.ts'
import { type ChainEnd, verifyActivity } from '../../src/domain/activity/verify-activity.ts'
import type { Client } from '../harness/client.ts'
import { execute } from '../harness/database.ts'
import { createOrganization, type Postern, startPostern } from '../harness/postern.ts'
import { tamper } from '../harness/tamper.ts'
import { insertEvents } from './arrange.ts'

let postern: Postern
let owner: Client
let acme: string
beforeAll(async () => {
  postern = await startPostern()
  owner = await postern.signInAsAdministrator()
  await createOrganization(owner, 'acme', 'BUSINESS')
  await createOrganization(owner, 'globex', 'BUSINESS')
})
afterAll(() => postern.stop())

const url = () => postern.config.databaseUrl ?? ''
const columns = `namespace_id, id, at, action, actor_kind, actor_id, actor_name, token_id, token_label, target, ip_address,
  user_agent, request_id, data`

// Each test starts with a new organization with seven events, which contain unusual characters.
let created = 0
beforeEach(async () => {
  const name = `acme-${++created}`
  acme = await createOrganization(owner, name, 'BUSINESS')
  await insertEvents({ postern, owner }, acme, [
    { action: 'member.invite', target: 'plain', ipAddress: '203.0.113.7', userAgent: 'curl/8', requestId: 'request' },
    { action: 'member.invite', target: 'quote " backslash \\ slash /', ipAddress: '2001:db8::1' },
    { action: 'member.invite', target: 'controls \u0001\u001f\u007f\b\f\n\r\t', userAgent: '\u2028\u2029' },
    {
      action: 'member.invite',
      target: 'ü 💡 日本 \ufeff',
      data: { '💡': '"\\\n', b: '', a: 'x'.repeat(3_000), '': '1' },
    },
    { action: 'member.invite', target: '', data: {} },
    { action: 'member.invite', target: '[null, "x"]', tokenId: 'tok_1', tokenLabel: 'null' },
  ])
})

interface Outcome {
  readonly findings: string[]
  readonly ends: ChainEnd[]
  readonly events: number
}

async function verify(kept?: ReadonlyMap<string, ChainPoint>): Promise<Outcome> {
  const found: Finding[] = []
  const ends: ChainEnd[] = []
  const { events, chains } = await verifyActivity(postern.em(), {
    onFinding: (finding) => found.push(finding),
    onEnd: (end) => ends.push(end),
    ...(kept && { kept }),
  })
  expect(ends).toHaveLength(chains)
  // Only in the organization of this test, because changes are not reverted.
  const findings = found
    .filter(({ namespaceId }) => namespaceId === acme)
    .map(({ name, position, eventId, what }) => {
      expect(name).toBe(`acme-${created}`)
      expect(eventId ?? 'evt_').toMatch(/^evt_/)
      return position === null ? what : `${position}: ${what}`
    })
  return { findings, ends, events }
}

const at = (position: number) => `namespace_id = '${acme}' and position = ${position}`
const set = (change: string, position = 4) => `update activity_event set ${change} where ${at(position)}`
const changed = (position: number) => `${position}: has been changed or moved, or the one before it with its hash`

describe('an unchanged activity log', () => {
  it('an unchanged activity log is verified completely, whatever its events contain', async () => {
    const { findings, ends, events } = await verify()
    const [counted] = await execute(url(), 'select count(*)::int as events from activity_event')
    expect({ findings, events }).toEqual({ findings: [], ...counted })
    expect(ends.find(({ namespaceId }) => namespaceId === acme)?.position).toBe(7)
  })
})

describe('a changed activity log', () => {
  it.each([
    ["target = target || ' '"],
    ["at = at + interval '1 millisecond'"],
    ["action = 'member.remove'"],
    ["actor_kind = 'SYSTEM'"],
    ['actor_id = null'],
    ["actor_name = 'someone'"],
    ["token_id = ''"],
    ["token_label = ''"],
    ["ip_address = '203.0.113.7'"],
    ["user_agent = 'null'"],
    ["request_id = ''"],
    ["data = '{}'"],
    [`data = data || '{"b": 1}'`],
    ["id = left(id, -1) || case right(id, 1) when 'Z' then 'Y' else 'Z' end"],
    ["hash = sha256('')"],
  ])('a changed activity log is reported: %s', async (change) => {
    await tamper(url(), set(change, 5))
    // Another hash breaks the link of the next event as well.
    expect((await verify()).findings).toEqual(change.startsWith('hash') ? [changed(5), changed(6)] : [changed(5)])
  })

  it('a changed activity log is reported if an address is replaced by a network', async () => {
    await tamper(url(), set("ip_address = '203.0.113.7/24'", 2))
    expect((await verify()).findings).toEqual([changed(2)])
  })

  it.each([
    ['one', 'position = 4', ['missing: position 4']],
    ['several', 'position in (3, 4, 6)', ['missing: positions 3 to 4', 'missing: position 6']],
    ['the first', 'position = 1', ['missing: position 1']],
    ['the last', 'position >= 6', ['missing at the end: positions 6 to 7']],
    ['all', 'true', ['missing at the end: positions 1 to 7']],
  ])('a changed activity log is reported if %s is missing', async (_, which, expected) => {
    await tamper(url(), `delete from activity_event where namespace_id = '${acme}' and ${which}`)
    expect((await verify()).findings).toEqual(expected)
  })

  it('a changed activity log is reported if events are swapped', async () => {
    await tamper(url(), set('position = 0', 3), set('position = 3', 4), set('position = 4', 0))
    expect((await verify()).findings).toEqual([changed(3), changed(4), changed(5)])
  })

  it('a changed activity log is reported if a gap is closed', async () => {
    await tamper(
      url(),
      `delete from activity_event where ${at(3)}`,
      `update activity_event set position = position - 1 where namespace_id = '${acme}' and position > 3`,
    )
    expect((await verify()).findings).toEqual([
      changed(3),
      changed(4),
      changed(5),
      changed(6),
      'missing at the end: position 7',
    ])
  })

  it.each([
    ['in the middle', 4, '4: has been added: the position is before the beginning, or that of another event'],
    ['before the first', 0, '0: has been added: the position is before the beginning, or that of another event'],
  ])('a changed activity log is reported if an event is added %s', async (_, position, expected) => {
    await tamper(
      url(),
      `insert into activity_event (${columns}, position, hash)
      select ${columns.replace(' id,', " left(id, 4) || '7' || right(id, -5),")}, ${position}, hash from activity_event where ${at(4)}`,
    )
    expect((await verify()).findings).toEqual([expected])
  })

  it('a changed activity log is reported if an event is added at the end, with another head', async () => {
    await tamper(
      url(),
      `insert into activity_event (${columns}, position, hash)
      select ${columns.replace(' id,', " left(id, 4) || '7' || right(id, -5),")}, 8, hash from activity_event where ${at(4)}`,
    )
    expect((await verify()).findings).toEqual([changed(8), 'continues beyond the head, which is at 7'])
  })

  it('a changed activity log is reported if the head is changed or missing', async () => {
    await tamper(url(), `update activity_chain set hash = sha256('') where namespace_id = '${acme}'`)
    expect((await verify()).findings).toEqual(['7: is not the event that the head is the hash of'])
    await tamper(url(), `delete from activity_chain where namespace_id = '${acme}'`)
    expect((await verify()).findings).toEqual(['has lost the head of its chain'])
  })

  it('a changed activity log is reported if a checkpoint is changed', async () => {
    await tamper(
      url(),
      `insert into activity_checkpoint select namespace_id, 3, sha256(''), at from activity_event where ${at(3)}`,
      `delete from activity_event where namespace_id = '${acme}' and position <= 3`,
    )
    expect((await verify()).findings).toEqual([changed(4)])
  })
})

describe('verifying against earlier heads', () => {
  const cutOff = [
    `delete from activity_event where namespace_id = '%' and position > 5`,
    `update activity_chain c set position = 5, hash = e.hash from activity_event e
     where c.namespace_id = '%' and e.namespace_id = '%' and e.position = 5`,
  ]

  it('finds an end that was cut off together with its head', async () => {
    const kept = new Map((await verify()).ends.map((end) => [end.namespaceId, end]))
    expect((await verify(kept)).findings).toEqual([])
    await tamper(url(), ...cutOff.map((statement) => statement.replaceAll('%', acme)))
    expect((await verify()).findings).toEqual([])
    expect((await verify(kept)).findings).toEqual(['ends at position 5, and was at 7 when its head was kept'])
  })

  it('finds a chain that was rewritten', async () => {
    const kept = new Map((await verify()).ends.map((end) => [end.namespaceId, end]))
    await tamper(
      url(),
      `create temporary table kept as select ${columns} from activity_event where namespace_id = '${acme}' order by position`,
      "update kept set target = 'forged' where target = 'plain'",
      `delete from activity_event where namespace_id = '${acme}'`,
      `delete from activity_chain where namespace_id = '${acme}'`,
      'alter table activity_event enable trigger chain',
      `insert into activity_event (${columns}) select * from kept`,
    )
    expect((await verify()).findings).toEqual([])
    expect((await verify(kept)).findings).toEqual(['7: is not the one whose hash was kept'])
  })

  it('finds a chain that was deleted with its organization', async () => {
    const kept = new Map([['org_gone', { position: 1, hash: Buffer.alloc(32) }]])
    const found: Finding[] = []
    await verifyActivity(postern.em(), { onFinding: (finding) => found.push(finding), kept })
    expect(found.filter(({ namespaceId }) => namespaceId === 'org_gone').map(({ what }) => what)).toEqual([
      'is gone, and its head was kept',
    ])
  })
})
