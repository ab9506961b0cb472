import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { databaseDigest } from '../access/database-digest.ts'
import { createRepository, generateToken, type Postern, startPostern } from '../harness/postern.ts'
import { faultsOf, grantedActions } from '../token/arrange.ts'
import { changeRole, first, organizationOf, remove, rolesIn } from './arrange.ts'

let postern: Postern

beforeAll(async () => {
  postern = await startPostern()
})
afterAll(() => postern.stop())

describe('the last owner', () => {
  it('the last owner cannot leave, lower their role, or be removed', async () => {
    const { name, owner, others } = await organizationOf(postern, 'OWNER', 'MEMBER')
    const second = first(others)
    expect(await remove(owner, name, second.username)).toMatchObject({ userErrors: [] })
    const before = await databaseDigest(postern)
    expect(faultsOf(await remove(owner, name, owner.username))).toEqual(['LAST_OWNER username'])
    for (const role of ['EDITOR', 'MEMBER'] as const)
      expect(faultsOf(await changeRole(owner, name, owner.username, role))).toEqual(['LAST_OWNER username'])
    expect(await databaseDigest(postern)).toBe(before)
  })

  it('the last owner is kept if all owners leave at the same time', async () => {
    const second = await postern.startSecondInstance()
    try {
      for (let round = 0; round < 3; round += 1) {
        const { name, owner, others } = await organizationOf(postern, 'OWNER', 'OWNER', 'OWNER')
        const goers = [owner, ...others].map((person, index) => ({
          ...person,
          client: index % 2 === 0 ? person.client : second.client(person.sessionToken),
        }))
        const payloads = await Promise.all(
          goers.map((person, index) =>
            index < 2 ? remove(person, name, person.username) : changeRole(person, name, person.username, 'MEMBER'),
          ),
        )
        const faults = payloads.map((payload) => faultsOf(payload).join())
        expect(faults.toSorted()).toEqual(['', '', '', 'LAST_OWNER username'])
        const owners = Object.entries(await rolesIn(postern.em(), name)).filter(([, role]) => role === 'OWNER')
        expect(owners).toEqual([[goers[faults.indexOf('LAST_OWNER username')]?.username, 'OWNER']])
      }
    } finally {
      await second.stop()
    }
  })

  it('the last owner is kept if two owners remove each other at the same time', async () => {
    const { name, owner, others } = await organizationOf(postern, 'OWNER')
    const other = first(others)
    const payloads = await Promise.all([remove(owner, name, other.username), remove(other, name, owner.username)])
    const done = payloads.filter(({ userErrors }) => userErrors.length === 0)
    expect(done).toHaveLength(1)
    expect(Object.values(await rolesIn(postern.em(), name))).toEqual(['OWNER'])
  })
})

describe('an owner who leaves', () => {
  it("leaves the organization's tokens working, and managed by the other owners", async () => {
    const { name, owner, others } = await organizationOf(postern, 'OWNER')
    const stays = first(others)
    const { id, secret } = await generateToken(owner.client, { organization: name })
    await createRepository(stays.client, `${name}/api`)
    const works = async () => (await grantedActions(postern.url, { username: name, secret }, `${name}/api`)).actions
    expect(await remove(owner, name, owner.username)).toMatchObject({ userErrors: [] })
    expect(await works()).toEqual(['pull', 'push'])
    const query = '{ viewer { organization { name } accessToken { createdBy { username } } } }'
    const { body } = await postern.client(secret).send({ query })
    expect(body.data).toEqual({
      viewer: { organization: { name }, accessToken: { createdBy: { username: owner.username } } },
    })

    const update = `mutation ($id: ID!) { updateToken(id: $id, input: { label: "kept" }) { accessToken { label } userErrors { code } } }`
    const byWhoLeft = await owner.client.send({ query: update, variables: { id } })
    expect(byWhoLeft.body.data).toMatchObject({
      updateToken: { accessToken: null, userErrors: [{ code: 'NOT_FOUND' }] },
    })
    const byWhoStays = await stays.client.send({ query: update, variables: { id } })
    expect(byWhoStays.body.data).toMatchObject({ updateToken: { accessToken: { label: 'kept' }, userErrors: [] } })
    expect(await works()).toEqual(['pull', 'push'])
  })
})
