import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Postern, startPostern } from '../harness/postern.ts'

describe('a Postern whose PUBLIC_URL has a path', () => {
  let postern: Postern
  beforeAll(async () => {
    postern = await startPostern({ publicUrl: 'https://example.com/registry/postern' })
  })
  afterAll(() => postern.stop())

  const get = (path: string, headers: Record<string, string> = {}) =>
    fetch(`${postern.url}${path}`, { headers, redirect: 'manual' })

  it.each([
    ['/graphql?query={__typename}', { 'apollo-require-preflight': 'yes' }],
    ['/livez', {}],
    ['/.well-known/jwks.json', {}],
  ])('returns %s at both paths, for proxies that keep the path and for those that remove it', async (path, headers) => {
    const [kept, removed] = await Promise.all([get(`/registry/postern${path}`, headers), get(path, headers)])
    expect([kept.status, removed.status]).toEqual([200, 200])
    expect(await kept.text()).toBe(await removed.text())
  })

  it.each(['/', '/registry/postern', '/registry/postern/', '/registry/postern?from=mail'])(
    'redirects %s to GraphiQL at the public path',
    async (path) => {
      expect((await get(path)).headers.get('location')).toBe('/registry/postern/graphql')
    },
  )

  it('issues tokens at the public path', async () => {
    expect((await get('/registry/postern/token?service=registry')).status).toBe(200)
  })

  it.each(['/postern/livez', '/registry/posterns/livez', '/registry/postern/registry/postern/livez'])(
    'a Postern whose PUBLIC_URL has a path has nothing at %s',
    async (path) => {
      expect((await get(path)).status).toBe(404)
    },
  )

  it('returns metrics at one path only, so that a proxy can block them by their path', async () => {
    expect((await get('/metrics')).status).toBe(200)
    for (const path of ['/registry/postern/metrics', '/registry/postern/%6Detrics', '/%6Detrics'])
      expect((await get(path)).status, path).toBe(404)
  })
})

describe('a Postern whose PUBLIC_URL has no path', () => {
  it('redirects to its own path', async () => {
    const postern = await startPostern({ publicUrl: 'https://example.com' })
    const { headers } = await fetch(`${postern.url}/`, { redirect: 'manual' })
    expect(headers.get('location')).toBe('/graphql')
    expect((await fetch(`${postern.url}/registry/postern/livez`)).status).toBe(404)
    await postern.stop()
  })
})
