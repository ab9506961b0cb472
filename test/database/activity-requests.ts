import { expect } from 'vitest'
import * as documents from '../../schema/typed-documents.ts'
import type { Client } from '../harness/client.ts'
import { generateToken, type Postern } from '../harness/postern.ts'
import type { Ask } from './ask.ts'

/** Every request for the activity of `acme`, by its owner and by a token. */
export async function everyActivityRequest(ask: Ask, postern: Postern, owner: Client): Promise<void> {
  const organization = 'acme'
  const scopes = [{ resource: 'ORGANIZATION' as const, path: organization, permissions: ['ACTIVITY_READ' as const] }]
  const { id: token, secret } = await generateToken(owner, { scopes })
  const now = new Date().toISOString()
  const filters: documents.ActivityFilter[] = [
    { actions: ['access_token.create', 'group.create'] },
    { kinds: ['ACCESS_TOKEN_CREATE'] },
    { actor: 'admin' },
    { token },
    { repository: 'acme/api' },
    { from: '2026-01-01T00:00:00Z' },
    { to: now },
    { actions: ['group.create'], actor: 'admin', token, repository: 'acme/api', from: now, to: now },
  ]
  for (const client of [owner, postern.client(secret)]) {
    const page = await ask(client, documents.ActivityDocument, { organization, first: 1 })
    const after = page.organization?.activity.pageInfo.endCursor ?? ''
    await ask(client, documents.ActivityDocument, { organization, after })
    for (const filter of filters) {
      await ask(client, documents.ActivityDocument, { organization, filter })
      await ask(client, documents.ActivityDocument, { organization, filter, after })
    }
    await ask(client, documents.NodeDocument, { id: page.organization?.activity.nodes[0]?.id ?? '' })
    for (const filter of [{}, ...filters.filter(({ kinds }) => !kinds)]) await exportActivity(postern, client, filter)
  }
}

/** The export of the activity over HTTP. */
async function exportActivity(postern: Postern, client: Client, filter: documents.ActivityFilter): Promise<void> {
  const query = new URLSearchParams()
  for (const [name, value] of Object.entries(filter))
    for (const each of [value].flat()) query.append(name, String(each))
  const url = `${postern.url}/organizations/acme/activity.jsonl?${query}`
  const response = await fetch(url, { headers: { authorization: `Bearer ${client.token}` } })
  expect(response.status).toBe(200)
  await response.text()
}
