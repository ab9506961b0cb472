import { createHash, createHmac, hkdfSync } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  AccessTokenDocument,
  AccessTokensDocument,
  DeactivateTokenDocument,
  DeleteTokenDocument,
  NodeDocument,
  UpdateTokenDocument,
  ViewerDocument,
} from '../../schema/typed-documents.ts'
import { ActivityEvent } from '../../src/domain/model/activity-event.ts'
import { mintSecret } from '../../src/domain/secrets/token-secret.ts'
import type { Client } from '../harness/client.ts'
import { createOrganization, generateToken, type Postern, startPostern } from '../harness/postern.ts'
import { statementsOf } from '../harness/statements.ts'
import { everyRepository, grantedActions, tryToGenerate } from './arrange.ts'
import { contentsOf, tablesWith } from './contents.ts'

let postern: Postern
let owner: Client

beforeAll(async () => {
  postern = await startPostern()
  owner = await postern.signInAsAdministrator()
  await createOrganization(owner, 'acme', 'BUSINESS')
})
afterAll(() => postern.stop())

describe('the database', () => {
  it('contains a keyed hash of a secret and nothing else of it, whatever was done with the token', async () => {
    const { id, secret } = await generateToken(owner, { idempotencyKey: 'k' })
    await tryToGenerate(owner, { idempotencyKey: 'k' })
    await postern.client(secret).execute(ViewerDocument, {})
    await grantedActions(postern.url, { username: 'acme', secret }, 'acme/api')
    await owner.execute(UpdateTokenDocument, { id, input: { label: 'new', scopes: [everyRepository()] } })
    await owner.execute(DeactivateTokenDocument, { id })
    await postern.client(secret).codesOf(ViewerDocument, {})

    const contents = await contentsOf(postern.em())
    expect(tablesWith(contents, secret)).toEqual([])
    expect(tablesWith(contents, secret.slice('pstn_oat_'.length, -6))).toEqual([])
    expect(tablesWith(contents, Buffer.from(secret).toString('base64'))).toEqual([])
    for (const algorithm of ['sha256', 'sha512', 'sha1', 'md5'])
      expect(tablesWith(contents, createHash(algorithm).update(secret).digest())).toEqual([])

    const key = Buffer.from(hkdfSync('sha256', postern.config.secretKey, 'postern', 'token-hash', 32))
    const hash = createHmac('sha256', key).update(secret).digest()
    expect(tablesWith(contents, hash)).toEqual(['access_token_secret'])
    expect(tablesWith(contents, key)).toEqual([])
  })

  it('contains no session token and no password', async () => {
    const ada = await postern.signUp('ada')
    const contents = await contentsOf(postern.em())
    expect(tablesWith(contents, ada.sessionToken)).toEqual([])
    expect(tablesWith(contents, owner.token ?? 'none')).toEqual([])
    expect(tablesWith(contents, ada.password)).toEqual([])
    // Checks that the search itself works.
    expect(tablesWith(contents, 'ada@example.com')).toEqual(['user_account'])
  })

  it('contains no secret in any event', async () => {
    const { id } = await generateToken(owner, { label: 'x' })
    await owner.execute(DeleteTokenDocument, { id })
    const events = await postern.em().find(ActivityEvent, {})
    expect(events.length).toBeGreaterThan(5)
    expect(JSON.stringify(events)).not.toMatch(/pstn_(oat|pat|ses)_/)
  })
})

it('no field of any type returns a secret', async () => {
  const { id, secret } = await generateToken(owner)
  const read = [
    await owner.execute(AccessTokenDocument, { id }),
    await owner.execute(AccessTokensDocument, { organization: 'acme', first: 100 }),
    await owner.execute(NodeDocument, { id }),
    await postern.client(secret).execute(ViewerDocument, {}),
    await owner.execute(UpdateTokenDocument, { id, input: { label: 'again' } }),
  ]
  expect(JSON.stringify(read)).toContain(id)
  expect(JSON.stringify(read)).not.toContain(secret.slice(9, -6))
  const { body } = await owner.send({ query: '{ __schema { types { name fields { name } } } }' })
  const schema = body.data?.__schema as
    | { types: ReadonlyArray<{ name: string; fields: ReadonlyArray<{ name: string }> | null }> }
    | undefined
  const showing = schema?.types.filter(({ fields }) => fields?.some(({ name }) => /^secret$|hash|^plain/i.test(name)))
  // The secret of a webhook signs deliveries, and authenticates nobody.
  expect(showing?.map(({ name }) => name)).toEqual(['GenerateTokenPayload', 'WebhookSecretPayload'])
})

describe('a malformed secret', () => {
  it('a malformed secret is rejected before any SQL, at the API and the token endpoint', async () => {
    const { secret } = await generateToken(owner)
    const last = secret.slice(-1) === '0' ? '1' : '0'
    const malformed = [
      secret.slice(0, -1) + last,
      secret.slice(0, -1),
      `${secret}0`,
      secret.replace('_oat_', '_pat_'),
      secret.replace('_oat_', '_ses_'),
    ]
    // At the token endpoint, these could be the password of a person.
    const foreign = [secret.replace('pstn', 'dckr'), 'nonsense', mintSecret('dckr', 'oat').reveal()]
    const statements = await statementsOf(async () => {
      for (const wrong of malformed) {
        const response = await grantedActions(postern.url, { username: 'acme', secret: wrong }, 'acme/api')
        expect(response.status).toBe(401)
      }
      for (const wrong of [...malformed, ...foreign])
        expect(await postern.client(wrong).codesOf(ViewerDocument, {})).toEqual(['UNAUTHENTICATED'])
    })
    expect(statements).toEqual([])
  })

  it('differs from a well-formed unknown secret in nothing except the SQL', async () => {
    const unknown = mintSecret('pstn', 'oat').reveal()
    const responseTo = async (secret: string) => {
      const { status, body } = await postern.client(secret).send({ query: '{ viewer { organization { name } } }' })
      return { status, body }
    }
    const statements = await statementsOf(async () => {
      expect(await responseTo(unknown)).toEqual(await responseTo(`${unknown}0`))
    })
    expect(statements).toHaveLength(1)
    expect((await responseTo(unknown)).status).toBe(401)
  })
})
