import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { addMember, createOwnedOrganization } from '../harness/callers.ts'
import { generateToken, type Person, type Postern, startPostern } from '../harness/postern.ts'
import { apolloFrontend } from './apollo.ts'
import type { Frontend, Send } from './frontend.ts'
import { compileDocuments, type Documents } from './relay/compile.ts'
import { relayFrontend } from './relay.ts'
import { urqlFrontend } from './urql.ts'

let postern: Postern
let documents: Documents
let owner: Person
let organizationId: string

beforeAll(async () => {
  documents = await compileDocuments()
  postern = await startPostern()
  owner = await postern.signUp('ada')
  organizationId = await createOwnedOrganization(postern, owner.client, 'acme', 'TEAM')
})
afterAll(() => postern.stop())

const frontends: Array<[name: string, create: (url: string, send: Send) => Frontend]> = [
  ['Apollo Client', apolloFrontend],
  ['urql', urqlFrontend],
  ['Relay', (url, send) => relayFrontend(url, send, documents)],
]

/** A frontend of a person, and the number of its requests. */
function start(create: (typeof frontends)[number][1], { sessionToken }: Person) {
  let requests = 0
  const send: Send = (input, init) => {
    requests++
    const headers = new Headers(init?.headers)
    headers.set('authorization', `Bearer ${sessionToken}`)
    return fetch(input, { ...init, headers })
  }
  return { frontend: create(`${postern.url}/graphql`, send), requests: () => requests }
}

async function labels(frontend: Frontend): Promise<string[]> {
  return (await frontend.shown()).tokens.map(({ label }) => label)
}

describe.each(frontends)('a frontend with %s', (_, create) => {
  it('shows what it creates, renames and deletes without another request, and pages forward', async () => {
    await postern.em().execute('delete from access_token')
    const ids: string[] = []
    for (const label of ['1', '2', '3', '4', '5'])
      ids.push((await generateToken(owner.client, { organization: 'acme', label })).id)
    const { frontend, requests } = start(create, owner)
    await frontend.open('forward')
    expect(await frontend.shown()).toMatchObject({ tokens: [{ label: '5' }, { label: '4' }], used: 5 })

    await frontend.generate('6')
    expect(await frontend.shown()).toMatchObject({ tokens: [{ label: '6' }, { label: '5' }, { label: '4' }], used: 6 })
    await frontend.rename(ids[4] ?? '', 'five')
    expect(await labels(frontend)).toEqual(['6', 'five', '4'])
    await frontend.remove(ids[4] ?? '')
    expect(await frontend.shown()).toMatchObject({ tokens: [{ label: '6' }, { label: '4' }], used: 5 })
    expect(requests()).toBe(4)

    await frontend.more('forward')
    expect(await labels(frontend)).toEqual(['6', '4', '3', '2'])
    expect(requests()).toBe(5)
  })

  it('pages backward from the end of the list', async () => {
    const { frontend } = start(create, owner)
    await frontend.open('backward')
    expect(await labels(frontend)).toEqual(['2', '1'])
    await frontend.more('backward')
    expect(await labels(frontend)).toEqual(['4', '3', '2', '1'])
  })

  it('shows an organization to a member who may not see its tokens', async () => {
    const member = await postern.signUp(`member-${frontends.findIndex(([, each]) => each === create)}`)
    await addMember(postern, organizationId, member.client, 'MEMBER')
    const { frontend } = start(create, member)
    await frontend.open('forward')
    expect(await frontend.shown()).toEqual({ tokens: [], used: null })
  })
})
