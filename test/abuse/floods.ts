import { connect, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { mintSecret } from '../../src/domain/secrets/token-secret.ts'
import { cheapRequests, json, request } from './cheap-requests.ts'
import { createDocumentWorld, sendDocument } from './document-world.ts'
import type { Figure } from './figure.ts'
import { FloodClient, startFlood } from './flood-client.ts'
import { type MeasuredPostern, startMeasuredPostern } from './start-postern.ts'

const unknownToken = mintSecret('pstn', 'oat').reveal()
const honestConnections = 32
const seconds = 3
const keptMin = 0.7

/** Measures the throughput that honest clients keep at `/token` while others flood the server. */
export async function measureFloods(): Promise<readonly Figure[]> {
  const postern = await startMeasuredPostern()
  try {
    const world = await createDocumentWorld(postern.url)
    const honest = (connections = honestConnections) =>
      new FloodClient(postern.url, connections, tokenRequest(world.principals['organization token'] ?? ''))
    await honest().run(2_000)
    const figures: Figure[] = []
    const kept = async (name: string, flood: () => Promise<() => Promise<void>>) => {
      const ratios: number[] = []
      for (let round = 0; round < 3; round++) {
        const alone = await honest().run(seconds * 1_000)
        const end = await flood()
        ratios.push((await honest().run(seconds * 1_000)).answered / alone.answered)
        await end()
      }
      const ratio = ratios.sort((one, other) => one - other)[1] ?? 0
      figures.push({ name, value: ratio.toFixed(2), goal: `≥ ${keptMin}`, met: ratio >= keptMin })
    }
    await kept('throughput kept beside 250 slow heads and 250 slow bodies', () => holdSlowSockets(postern))
    await kept('throughput kept beside a flood of sign-ins', () => flood(postern.url, 32, signInRequest(), '127.0.0.3'))
    const alone = await honest().run(seconds * 1_000)
    const many = await honest(10 * honestConnections).run(seconds * 1_000)
    const ratio = many.answered / alone.answered
    figures.push({
      name: 'throughput kept with ten times the connections',
      value: ratio.toFixed(2),
      goal: `≥ ${keptMin}`,
      met: ratio >= keptMin,
    })
    await kept('throughput kept beside 320 connections with unknown tokens', () =>
      flood(postern.url, 320, tokenRequest(unknownToken), '127.0.0.4'),
    )
    for (const [name, text] of Object.entries(cheapRequests))
      await kept(`throughput kept beside 32 connections that request ${name}`, () =>
        flood(postern.url, 32, text, '127.0.0.5'),
      )
    figures.push(await slowSocketLife(postern))
    const { status } = await sendDocument(postern.url, null, '{ viewer { user { id } } }')
    figures.push({ name: 'status of the API afterwards', value: String(status), goal: '200', met: status === 200 })
    return figures
  } finally {
    await postern.stop()
  }
}

function tokenRequest(secret: string): string {
  const authorization = `authorization: Basic ${Buffer.from(`acme:${secret}`).toString('base64')}`
  return request('GET /token?service=registry&scope=repository:acme/repository-1:pull,push', authorization)
}

function signInRequest(): string {
  const query =
    'mutation { signIn(input: { username: "nobody", password: "a wrong password" }) { userErrors { code } } }'
  return request('POST /graphql', json, JSON.stringify({ query }))
}

/** Runs a flood beside other work, until it is stopped. */
async function flood(...given: Parameters<typeof startFlood>): Promise<() => Promise<void>> {
  const end = startFlood(...given)
  await sleep(1_000)
  return end
}

async function holdSlowSockets({ url }: MeasuredPostern): Promise<() => Promise<void>> {
  const { port } = new URL(url)
  const sockets: Socket[] = []
  for (let index = 0; index < 500; index++) {
    const socket = connect({ port: Number(port), host: '127.0.0.1', localAddress: '127.0.0.2' })
    socket.on('error', () => undefined)
    socket.write(
      index % 2 === 0
        ? 'GET /token HTTP/1.1\r\nhost: a\r\nx: '
        : 'POST /graphql HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\ncontent-length: 1000\r\n\r\n{',
    )
    sockets.push(socket)
  }
  const drip = setInterval(() => {
    for (const socket of sockets) if (socket.writable) socket.write('a')
  }, 500)
  await sleep(500)
  return async () => {
    clearInterval(drip)
    for (const socket of sockets) socket.destroy()
  }
}

/** How long the server keeps a slow head or a slow body, whichever is longer. */
async function slowSocketLife(postern: MeasuredPostern): Promise<Figure> {
  const { port } = new URL(postern.url)
  const lives = [
    'GET / HTTP/1.1\r\nhost: a\r\nx: ',
    'POST /token HTTP/1.1\r\nhost: a\r\ncontent-length: 99\r\n\r\n',
  ].map(
    (head) =>
      new Promise<number>((ended) => {
        const startedAt = performance.now()
        const socket = connect(Number(port), '127.0.0.1', () => socket.write(head))
        const drip = setInterval(() => socket.write('a'), 500)
        socket.on('error', () => undefined)
        socket.once('close', () => {
          clearInterval(drip)
          ended((performance.now() - startedAt) / 1_000)
        })
        socket.resume()
      }),
  )
  const life = Math.max(...(await Promise.all(lives)))
  return { name: 'seconds that a slow head or body is kept', value: life.toFixed(1), goal: '≤ 22', met: life <= 22 }
}
