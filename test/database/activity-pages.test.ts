import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ActivityDocument } from '../../schema/typed-documents.ts'
import type { Client } from '../harness/client.ts'
import { execute } from '../harness/database.ts'
import { createOrganization, createRepository, type Postern, startPostern } from '../harness/postern.ts'
import { type Sent, sentDuring } from './whole-reads.ts'

let postern: Postern
let owner: Client
beforeAll(async () => {
  postern = await startPostern()
  owner = await postern.signInAsAdministrator()
  await createOrganization(owner, 'acme', 'BUSINESS')
  for (const path of ['a', 'b', 'c', 'd']) await createRepository(owner, `acme/${path}`)
  await execute(url(), "select activity_event_add_months((now() + interval '12 months')::date)")
})
afterAll(() => postern.stop())

const url = () => postern.config.databaseUrl ?? ''

interface Node {
  readonly 'Node Type': string
  readonly 'Relation Name'?: string
  readonly 'Actual Loops'?: number
  readonly Plans?: readonly Node[]
}

function* nodesOf(node: Node): Generator<Node> {
  yield node
  for (const child of node.Plans ?? []) yield* nodesOf(child)
}

/**
 * The nodes of a plan after execution: planned for these values, or generically as on a connection that runs it often.
 */
async function nodesRun({ text, values }: Sent, mode: 'force_custom_plan' | 'force_generic_plan'): Promise<Node[]> {
  const client = new pg.Client({ connectionString: url() })
  await client.connect()
  try {
    await client.query(`set plan_cache_mode = ${mode}`)
    await client.query('set enable_seqscan = off')
    await client.query(`prepare page as ${text}`)
    const given = values.map((value) => pg.escapeLiteral(value instanceof Date ? value.toISOString() : String(value)))
    const { rows } = await client.query(`explain (analyze, format json) execute page(${given.join(', ')})`)
    return [...nodesOf(rows[0]['QUERY PLAN'][0].Plan)]
  } finally {
    await client.end()
  }
}

describe('a page of activity', () => {
  it.each(['force_custom_plan', 'force_generic_plan'] as const)(
    'scans no more months than it needs (%s)',
    async (mode) => {
      let after: string | null | undefined = null
      // The first page and one with a cursor.
      for (let pages = 0; pages < 2; pages += 1) {
        const variables = { organization: 'acme', first: 1, after }
        const sent = await sentDuring(async () => {
          after = (await owner.execute(ActivityDocument, variables)).organization?.activity.pageInfo.endCursor
        })
        const statement = sent.find(({ text }) => text.includes('"activity_event"') && text.includes('limit'))
        if (statement === undefined) throw new Error('No page of events was asked for.')
        const nodes = await nodesRun(statement, mode)
        // The partitions are read in order, so nothing is sorted or merged.
        expect(nodes.map((node) => node['Node Type'])).not.toContain('Sort')
        expect(nodes.map((node) => node['Node Type'])).not.toContain('Merge Append')
        const read = nodes.filter((node) => node['Relation Name'] !== undefined && (node['Actual Loops'] ?? 0) > 0)
        const names = read.map((node) => node['Relation Name'] ?? '')
        expect(names).toContainEqual(expect.stringMatching(/^activity_event_\d{4}_\d{2}$/))
        // Later months, which are empty, are scanned before this one; older months are not.
        expect(names).not.toContain('activity_event_before')
      }
    },
  )
})
