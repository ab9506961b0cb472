import { once } from 'node:events'
import { connect } from 'node:net'
import fastify, { type FastifyInstance } from 'fastify'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { type RowPages, sendCsv, sendJsonLines } from '../../src/http/send-rows.ts'

let app: FastifyInstance | undefined
afterEach(() => app?.close())

/** A server with these pages at `/rows.csv` and `/rows.jsonl`. Returns its URL. */
async function serve(pages: () => RowPages<{ name: string | null; count: number }>): Promise<string> {
  app = fastify({ forceCloseConnections: true })
  app.get('/rows.csv', (_request, reply) => sendCsv(reply, 'rows.csv', ['name', 'count'], pages()))
  app.get('/rows.jsonl', (_request, reply) => sendJsonLines(reply, 'rows.jsonl', pages()))
  return app.listen({ host: '127.0.0.1', port: 0 })
}

async function* pagesOf(...names: Array<string | null>) {
  yield names.map((name) => ({ name, count: -1 }))
}

const bodyOf = async (url: string) => (await fetch(url)).text()

describe('CSV', () => {
  it('CSV has a header, line ends as in RFC 4180, and quotes where necessary', async () => {
    const url = await serve(() => pagesOf('plain', 'a,b', 'say "hi"', 'two\nlines', 'two\r\nlines', '', null, 'ü'))
    expect(await bodyOf(`${url}/rows.csv`)).toBe(
      'name,count\r\nplain,-1\r\n"a,b",-1\r\n"say ""hi""",-1\r\n"two\nlines",-1\r\n"two\r\nlines",-1\r\n,-1\r\n,-1\r\nü,-1\r\n',
    )
  })

  it.each([
    '=1+1',
    '+1',
    '-1',
    '@SUM(A1)',
    '\t=1',
    '\r=1',
    '\n=1',
    '=HYPERLINK("http://x","y")',
    '＝1',
    '＋1',
    '－1',
    '＠1',
  ])('puts an apostrophe before %j', async (name) => {
    const url = await serve(() => pagesOf(name))
    const [cell = ''] = (await bodyOf(`${url}/rows.csv`)).slice('name,count\r\n'.length).split(/,-1\r\n$/)
    const text = cell.startsWith('"') ? cell.slice(1, -1).replaceAll('""', '"') : cell
    expect(text).toBe(`'${name}`)
  })

  it('CSV is only the header without rows, and complete over several pages', async () => {
    const url = await serve(async function* () {})
    expect(await bodyOf(`${url}/rows.csv`)).toBe('name,count\r\n')
    await app?.close()
    const second = await serve(async function* () {
      yield* pagesOf('a')
      yield []
      yield* pagesOf('b')
    })
    expect(await bodyOf(`${second}/rows.csv`)).toBe('name,count\r\na,-1\r\nb,-1\r\n')
  })

  it('CSV is a file that is never cached', async () => {
    const { headers } = await fetch(`${await serve(() => pagesOf('a'))}/rows.csv`)
    expect(headers.get('content-type')).toBe('text/csv; charset=utf-8; header=present')
    expect(headers.get('content-disposition')).toBe('attachment; filename="rows.csv"')
    expect(headers.get('cache-control')).toBe('no-store')
  })
})

describe('JSON Lines', () => {
  it('JSON Lines has one object per line, whatever the values', async () => {
    const url = await serve(() => pagesOf('two\nlines', '=1', null))
    const response = await fetch(`${url}/rows.jsonl`)
    expect(response.headers.get('content-type')).toBe('application/jsonl')
    const lines = (await response.text()).split('\n')
    expect(lines.pop()).toBe('')
    expect(lines.map((line) => JSON.parse(line).name)).toEqual(['two\nlines', '=1', null])
  })

  it('JSON Lines is empty without rows', async () => {
    expect(await bodyOf(`${await serve(async function* () {})}/rows.jsonl`)).toBe('')
  })
})

describe('an error while rows are sent', () => {
  it('returns an error response if nothing has been sent', async () => {
    const url = await serve(() => ({
      [Symbol.asyncIterator]: () => ({ next: () => Promise.reject(new Error('no database')) }),
    }))
    for (const path of ['rows.csv', 'rows.jsonl']) expect((await fetch(`${url}/${path}`)).status).toBe(500)
  })

  it('ends the connection if rows have been sent', async () => {
    const url = await serve(async function* () {
      yield* pagesOf('a')
      throw new Error('no database')
    })
    for (const path of ['rows.csv', 'rows.jsonl']) await expect(bodyOf(`${url}/${path}`)).rejects.toThrow()
  })
})

describe('a client of an export', () => {
  it('a client that reads nothing is sent only what fits the buffers', async () => {
    let asked = 0
    const url = new URL(
      await serve(async function* () {
        for (; asked < 10_000; asked++) yield* pagesOf('x'.repeat(100_000))
      }),
    )
    const socket = connect(Number(url.port), url.hostname).pause()
    socket.write('GET /rows.csv HTTP/1.1\r\nHost: here\r\n\r\n')
    // As long as bytes move, the buffers are not full.
    let before = -1
    await vi.waitFor(
      () => {
        const rests = asked > 0 && asked === before
        before = asked
        expect(rests).toBe(true)
      },
      { interval: 500, timeout: 20_000 },
    )
    expect(asked).toBeLessThan(500)
    socket.destroy()
  })

  it('that takes longer than ten minutes loses its connection before the end', async () => {
    const time = new AbortController()
    const timeout = vi.spyOn(AbortSignal, 'timeout').mockReturnValue(time.signal)
    try {
      let ended = false
      const url = await serve(async function* () {
        try {
          for (;;) yield* pagesOf('x'.repeat(100_000))
        } finally {
          ended = true
        }
      })
      const response = await fetch(`${url}/rows.csv`)
      expect(response.status).toBe(200)
      expect(timeout).toHaveBeenCalledWith(600_000)
      const body = response.text()
      time.abort(new Error('ten minutes have passed'))
      await expect(body).rejects.toThrow()
      await vi.waitFor(() => expect(ended).toBe(true))
    } finally {
      timeout.mockRestore()
    }
  })

  it('a client that disconnects ends the reading of rows', async () => {
    let ended = false
    const url = new URL(
      await serve(async function* () {
        try {
          for (;;) yield* pagesOf('x'.repeat(100_000))
        } finally {
          ended = true
        }
      }),
    )
    const socket = connect(Number(url.port), url.hostname)
    socket.write('GET /rows.jsonl HTTP/1.1\r\nHost: here\r\n\r\n')
    await once(socket, 'data')
    expect(ended).toBe(false)
    socket.destroy()
    await vi.waitFor(() => expect(ended).toBe(true), { timeout: 20_000 })
  })
})
