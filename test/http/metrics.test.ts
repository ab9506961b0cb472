import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { connect } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createOrganization, createRepository, generateToken, type Postern, startPostern } from '../harness/postern.ts'

let postern: Postern
beforeAll(async () => {
  postern = await startPostern()
})
afterAll(() => postern.stop())

/** The samples of /metrics, by name and labels. */
async function samples(): Promise<Map<string, number>> {
  const text = await (await fetch(`${postern.url}/metrics`)).text()
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'))
  return new Map(
    lines.map((line) => {
      const space = line.lastIndexOf(' ')
      return [line.slice(0, space), Number(line.slice(space + 1))]
    }),
  )
}

const requests = (method: string, route: string, status: number) =>
  `postern_http_request_duration_seconds_count{method="${method}",route="${route}",status="${status}"}`
const outcomes = (outcome: string) => `postern_token_requests_total{outcome="${outcome}"}`

/** The growth of the samples of these names while `work` runs. */
async function growth(names: readonly string[], work: () => Promise<unknown>): Promise<number[]> {
  const before = await samples()
  await work()
  const after = await samples()
  return names.map((name) => (after.get(name) ?? 0) - (before.get(name) ?? 0))
}

describe('/metrics', () => {
  it('/metrics is in the format of Prometheus, with help and type, and includes metrics of the process', async () => {
    const response = await fetch(`${postern.url}/metrics`)
    expect(response.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8')
    const text = await response.text()
    for (const name of [
      'process_cpu_seconds_total',
      'nodejs_eventloop_lag_seconds',
      'postern_token_requests_total',
      'postern_http_request_duration_seconds',
    ]) {
      expect(text).toMatch(new RegExp(`^# HELP ${name} \\S`, 'm'))
      expect(text).toMatch(new RegExp(`^# TYPE ${name} \\w+$`, 'm'))
    }
    expect((await samples()).get('process_start_time_seconds')).toBeGreaterThan(1.7e9)
  })

  it('/metrics has every series of its counters from the start, at 0', async () => {
    const fresh = await startPostern()
    const text = await (await fetch(`${fresh.url}/metrics`)).text()
    await fresh.stop()
    const series = text.split('\n').filter((line) => /^postern_\w+_total/.test(line))
    expect(series.sort()).toEqual(
      [
        ...['issued', 'unauthorized', 'too_many_requests', 'bad_request', 'failed'].map(outcomes),
        ...['recorded', 'repeated', 'ignored', 'malformed', 'failed'].map(
          (outcome) => `postern_registry_events_total{outcome="${outcome}"}`,
        ),
        ...['mail', 'webhook'].flatMap((channel) =>
          ['pending', 'delivered', 'failed'].map(
            (outcome) => `postern_delivery_attempts_total{channel="${channel}",outcome="${outcome}"}`,
          ),
        ),
        ...['interactive', 'registry'].map((importance) => `postern_shed_requests_total{importance="${importance}"}`),
        ...['all', 'network', 'idle', 'pipelined', 'unread'].map(
          (reason) => `postern_dropped_connections_total{reason="${reason}"}`,
        ),
        ...['all', 'network'].map((bound) => `postern_refused_bodies_total{bound="${bound}"}`),
      ]
        .map((name) => `${name} 0`)
        .sort(),
    )
    // A counter without declared label values has help, but no series.
    const counters = text.match(/(?<=^# TYPE )postern_\w+(?= counter$)/gm) ?? []
    expect(counters.filter((name) => !series.some((line) => line.startsWith(name)))).toEqual([])
  })

  it('counts rejected bodies and closed connections that bound memory', async () => {
    const network = 'postern_refused_bodies_total{bound="network"}'
    const pipelined = 'postern_dropped_connections_total{reason="pipelined"}'
    const { port } = new URL(postern.url)
    // An eighth of 64 MiB holds 32 bodies of 256 KiB.
    const uploads = Array.from({ length: 33 }, () => connect({ port: Number(port), host: '127.0.0.1' }))
    const ahead = connect({ port: Number(port), host: '127.0.0.1' })
    const grown = await growth([network, pipelined], async () => {
      for (const socket of uploads) {
        const head = 'POST /graphql HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\ncontent-length: 262144'
        socket.on('error', () => undefined).write(`${head}\r\n\r\n{`)
      }
      await Promise.race(uploads.map((socket) => once(socket, 'data')))
      ahead.on('error', () => undefined).write('GET /livez HTTP/1.1\r\nhost: a\r\n\r\n'.repeat(40))
      ahead.resume()
      await once(ahead, 'close')
    })
    for (const socket of uploads) socket.destroy()
    expect(grown).toEqual([1, 1])
  })

  it('reports the running version, like /version and package.json', async () => {
    const { version } = JSON.parse(readFileSync('package.json', 'utf8'))
    expect((await samples()).get(`postern_build_info{version="${version}"}`)).toBe(1)
    expect(await (await fetch(`${postern.url}/version`)).json()).toEqual({ version })
  })

  it('counts requests by method, route and status', async () => {
    const grown = await growth(
      [requests('POST', '/graphql', 200), requests('POST', '/graphql', 400), requests('GET', '/livez', 200)],
      async () => {
        await postern.client().send({ query: '{ __typename }' })
        await postern.client().send({ query: '{ __typename }' })
        await postern.client().send({ query: '{ nothing }' })
        await fetch(`${postern.url}/livez`)
      },
    )
    expect(grown).toEqual([2, 1, 1])
  })

  it('counts requests for registry tokens by outcome', async () => {
    const administrator = await postern.signInAsAdministrator()
    await createOrganization(administrator, 'acme')
    await createRepository(administrator, 'acme/api')
    const { secret } = await generateToken(administrator, {
      pullLimit: 0,
      scopes: [{ resource: 'REPOSITORY', path: 'acme/*', permissions: ['IMAGE_PULL'] }],
    })
    const token = (password: string, query = '') =>
      fetch(`${postern.url}/token?service=registry${query}`, {
        headers: { authorization: `Basic ${Buffer.from(`acme:${password}`).toString('base64')}` },
      })
    const grown = await growth(
      ['issued', 'unauthorized', 'too_many_requests', 'bad_request', 'failed'].map(outcomes),
      async () => {
        const statuses = [
          await token(secret),
          await token('wrong'),
          await token(secret, '&scope=repository:acme/api:pull'),
          await token(secret, '&scope=nonsense'),
          await fetch(`${postern.url}/token`),
        ].map(({ status }) => status)
        expect(statuses).toEqual([200, 401, 429, 400, 200])
      },
    )
    expect(grown).toEqual([2, 1, 1, 1, 0])
  })

  it('/metrics has no label value that a caller can choose', async () => {
    const labelsOf = async () => [...(await samples()).keys()].filter((name) => name.startsWith('postern_'))
    // Each kind once, so that the samples of the routes themselves exist.
    const ask = async (created: string) => {
      await fetch(`${postern.url}/${created}`)
      await fetch(`${postern.url}/graphiql/assets/${created}.js`)
      await fetch(`${postern.url}/token?service=${created}&scope=repository:${created}/${created}:pull,${created}`)
      await fetch(`${postern.url}/token?service=registry`, {
        headers: { authorization: `Basic ${btoa(`${created}:x`)}` },
      })
      await fetch(`${postern.url}/livez?${created}=1`, { headers: { 'user-agent': created, host: created } })
      await postern
        .client()
        .send({ query: `query ${created} { ${created}: viewer { user { id } } }`, operationName: created })
      await postern.client().send({ query: `{ ${created} }` })
      await fetch(`${postern.url}/graphql`, { method: 'PROPFIND' })
    }
    await ask('first')
    await labelsOf()
    const before = await labelsOf()
    for (let i = 0; i < 20; i++) await ask(`madeup${i}`)
    expect(await labelsOf()).toEqual(before)
    expect(before.join('\n')).not.toMatch(/first|madeup/)
  })
})
