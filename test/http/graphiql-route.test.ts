import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { FastifyInstance } from 'fastify'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { loadOperations } from '../../src/http/graphiql/load-operations.ts'
import { buildGraphiql, createGraphiqlApp } from '../harness/graphiql-app.ts'

const asBrowser = { accept: 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8' }

let directory: string
beforeAll(async () => {
  await buildGraphiql()
  directory = await mkdtemp(join(tmpdir(), 'operations-'))
})
afterAll(() => rm(directory, { recursive: true, force: true }))

describe('the example operations', () => {
  beforeEach(async () => {
    await writeFile(join(directory, '10-last.graphql'), '{ __typename }\n')
    const signOut = '# Ends the session,\n# as everybody knows.\nmutation SignOut { __typename }\n'
    await writeFile(join(directory, '50-sign-out.graphql'), signOut)
    await writeFile(join(directory, '02-second.graphql'), '# Says what it is.\nquery Second { __typename }\n')
    await writeFile(join(directory, '02-second.variables.json'), '{ "first": 5 }\n')
    await writeFile(join(directory, 'notes.md'), 'No operation.\n')
  })

  it('are in the order of the sidebar and of their file names, with their descriptions and variables', async () => {
    expect(await loadOperations(directory)).toEqual([
      {
        name: 'SignOut',
        subject: 'Account',
        description: 'Ends the session, as everybody knows.',
        source: '# Ends the session,\n# as everybody knows.\nmutation SignOut { __typename }',
      },
      {
        name: 'Second',
        subject: 'Other',
        description: 'Says what it is.',
        source: '# Says what it is.\nquery Second { __typename }',
        variables: '{ "first": 5 }',
      },
      { name: '10-last', subject: 'Other', description: '', source: '{ __typename }' },
    ])
  })

  it.each(['["an array"]', '{ "first": ', '"text"', 'null'])(
    'the example operations are invalid with the variables %s',
    async (variables) => {
      await writeFile(join(directory, '10-last.variables.json'), variables)
      await expect(loadOperations(directory)).rejects.toThrow('10-last.variables.json must contain a JSON object.')
      await rm(join(directory, '10-last.variables.json'))
    },
  )
})

describe('the build', () => {
  it('the build does nothing if the page is up to date', async () => {
    const { mtimeMs } = await stat('dist/graphiql/index.html')
    expect(await buildGraphiql()).toBe('')
    expect((await stat('dist/graphiql/index.html')).mtimeMs).toBe(mtimeMs)
  })
})

describe('GET /graphql', () => {
  let app: FastifyInstance
  beforeEach(async () => {
    app = await createGraphiqlApp({
      operations: [{ name: 'all', subject: '', description: '', source: '{ a } # </script><script>alert(1)</script>' }],
    })
  })
  afterEach(() => app.close())

  it('GET /graphql is a page for browsers, which may load from this server only and be in no frame', async () => {
    const { statusCode, headers, body } = await app.inject({ url: '/graphql', headers: asBrowser })
    expect({ statusCode, type: headers['content-type'] }).toEqual({ statusCode: 200, type: 'text/html; charset=utf-8' })
    expect(headers).toMatchObject({
      'cache-control': 'no-cache',
      'referrer-policy': 'no-referrer',
      vary: 'accept',
      'x-content-type-options': 'nosniff',
    })
    const policy = String(headers['content-security-policy']).split('; ')
    expect(policy).toEqual(
      expect.arrayContaining(["default-src 'none'", "script-src 'self'", "frame-ancestors 'none'"]),
    )
    expect(body).toContain('<title>Postern</title>')
    expect(body).not.toMatch(/(src|href)="(https?:)?\/\//)
  })

  it('GET /graphql is a page that no example operation can inject code into', async () => {
    const { body } = await app.inject({ url: '/graphql', headers: asBrowser })
    expect(body).not.toContain('<script>alert')
    expect(body).toContain('\\u003cscript>alert')
  })

  it.each([
    ['with a query', '/graphql?query=%7B__typename%7D', asBrowser],
    ['that accepts anything', '/graphql', { accept: '*/*' }],
    ['without an Accept header', '/graphql', {}],
    ['that prefers JSON', '/graphql', { accept: 'application/json, text/html;q=0.5' }],
    ['that does not accept HTML', '/graphql', { accept: 'application/graphql-response+json, text/html;q=0' }],
  ])('GET /graphql is handled by GraphQL for a request %s', async (_which, url, headers) => {
    expect((await app.inject({ url, headers })).json()).toEqual({ handledBy: 'GraphQL' })
  })

  it('GET /graphql has static files that browsers cache, compressed, and no others', async () => {
    const page = await app.inject({ url: '/graphql', headers: asBrowser })
    const script = /src="(graphiql\/assets\/[^"]+\.js)"/.exec(page.body)?.[1]
    const plain = await app.inject(`/${script}`)
    const packed = await app.inject({ url: `/${script}`, headers: { 'accept-encoding': 'gzip, deflate, br' } })
    expect(plain.headers).toMatchObject({ 'content-type': expect.stringContaining('javascript') })
    expect(packed.headers).toMatchObject({
      'cache-control': 'public, max-age=31536000, immutable',
      'content-encoding': 'gzip',
      'content-security-policy': page.headers['content-security-policy'],
    })
    expect(packed.rawPayload.length).toBeLessThan(plain.rawPayload.length / 2)
    for (const path of ['../index.html', '%2e%2e/index.html', '..%2findex.html', '%2e%2e%2fbuilt-from.txt']) {
      expect((await app.inject(`/graphiql/assets/${path}`)).statusCode).toBeGreaterThanOrEqual(400)
    }
  })

  it('says what to do if the page was never built, and keeps GraphQL working', async () => {
    const unbuilt = await createGraphiqlApp({ operations: [], directory })
    const { statusCode, body } = await unbuilt.inject({ url: '/graphql', headers: asBrowser })
    expect({ statusCode, body }).toEqual({ statusCode: 503, body: expect.stringContaining('npm run build') })
    expect((await unbuilt.inject('/graphql')).json()).toEqual({ handledBy: 'GraphQL' })
    await unbuilt.close()
  })
})
