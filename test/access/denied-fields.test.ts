import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { addMember, arrangeCallers, type Callers, createOwnedOrganization } from '../harness/callers.ts'
import { type Postern, startPostern } from '../harness/postern.ts'

let postern: Postern
let callers: Callers

beforeAll(async () => {
  postern = await startPostern()
  callers = await arrangeCallers(postern)
})
afterAll(() => postern.stop())

const ownersOnly = { code: 'FORBIDDEN' }

describe('a field that the caller is denied', () => {
  it('is null, with one error at its path, and the rest of the object is there', async () => {
    const query = '{ organization(name: "acme") { name limit: tokenLimit { used } members { totalCount } } }'
    const { status, body } = await callers.all.editor.client.send({ query })
    expect(status).toBe(200)
    expect(body.data).toEqual({ organization: { name: 'acme', limit: null, members: { totalCount: 3 } } })
    expect(body.errors).toMatchObject([{ path: ['organization', 'limit'], extensions: ownersOnly }])
  })

  it('of one of several organizations leaves the others and the viewer as they are', async () => {
    const { client } = callers.all.ownerElsewhere
    await addMember(postern, callers.acmeId, client, 'MEMBER')
    await createOwnedOrganization(postern, client, 'umbrella', 'TEAM')
    const query = '{ viewer { user { username } organizations { nodes { name tokenLimit { used } emailNotices } } } }'
    const { body } = await client.send({ query })
    const owned = { emailNotices: true }
    expect(body.data).toEqual({
      viewer: {
        user: { username: 'owner-elsewhere' },
        organizations: {
          nodes: [
            { name: 'acme', tokenLimit: null, emailNotices: null },
            { name: 'globex', tokenLimit: { used: 1 }, ...owned },
            { name: 'umbrella', tokenLimit: { used: 0 }, ...owned },
          ],
        },
      },
    })
    const path = ['viewer', 'organizations', 'nodes', 0]
    expect(body.errors).toMatchObject([
      { path: [...path, 'tokenLimit'], extensions: ownersOnly },
      { path: [...path, 'emailNotices'], extensions: ownersOnly },
    ])
  })

  it('of another person is null beside their name', async () => {
    const query = '{ user(username: "owner") { username accessTokens { totalCount } } }'
    const { body } = await callers.all.member.client.send({ query })
    expect(body.data).toEqual({ user: { username: 'owner', accessTokens: null } })
    expect(body.errors).toMatchObject([{ path: ['user', 'accessTokens'], extensions: ownersOnly }])
  })
})
