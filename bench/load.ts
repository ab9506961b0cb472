import { Client } from 'undici'

/** A request, ready to be sent, and the status it has to be answered with. */
export interface LoadRequest {
  readonly method: 'GET' | 'POST'
  readonly path: string
  readonly headers: Record<string, string>
  readonly body?: string
  readonly status: number
  /** What it is answered with as well, once there were many of its kind. */
  readonly laterStatus?: number
}

/** The times that requests took, in ms. */
export type Latencies = number[]

/**
 * Sends requests for a time on so many connections, on each the next one as soon as the one before is answered. Throws
 * when an answer has another status than it should, or tells of an error.
 */
export function load(
  url: string,
  next: () => LoadRequest,
  connections: number,
  durationMs: number,
): Promise<Latencies> {
  const end = performance.now() + durationMs
  return sendWhile(url, next, connections, () => performance.now() < end)
}

/** The same for a number of requests. */
export function sendAll(url: string, next: () => LoadRequest, connections: number, count: number): Promise<Latencies> {
  let left = count
  return sendWhile(url, next, connections, () => left-- > 0)
}

async function sendWhile(
  url: string,
  next: () => LoadRequest,
  connections: number,
  goOn: () => boolean,
): Promise<Latencies> {
  const latencies: Latencies = []
  await Promise.all(
    Array.from({ length: connections }, async () => {
      const client = new Client(url)
      try {
        while (goOn()) {
          const startedAt = performance.now()
          await send(client, next())
          latencies.push(performance.now() - startedAt)
        }
      } finally {
        await client.close()
      }
    }),
  )
  return latencies
}

const beginningBytes = 300

// Undici's lowest layer: the answers are not read into anything, because the load's core is PostgreSQL's, too.
function send(client: Client, { status, laterStatus, ...request }: LoadRequest): Promise<void> {
  return new Promise((resolve, reject) => {
    let answered = 0
    let beginning: Buffer | undefined
    client.dispatch(request, {
      onRequestStart() {},
      onResponseStart(_controller, statusCode) {
        answered = statusCode
      },
      onResponseData(_controller, chunk) {
        beginning ??= chunk.subarray(0, beginningBytes)
      },
      onResponseEnd() {
        // GraphQL tells of most failures with 200.
        if ((answered === status || answered === laterStatus) && !(status === 200 && beginning?.includes('"errors"')))
          resolve()
        else reject(new Error(`${request.method} ${request.path} was answered with ${answered}: ${beginning}`))
      },
      onResponseError(_controller, error) {
        reject(error)
      },
    })
  })
}

/** The parsed answer to one request. */
export async function answerTo(url: string, { status, laterStatus: _, ...request }: LoadRequest): Promise<unknown> {
  const client = new Client(url)
  try {
    const { statusCode, body } = await client.request(request)
    const text = await body.text()
    if (statusCode !== status) throw new Error(`${request.path} was answered with ${statusCode}: ${text.slice(0, 500)}`)
    return JSON.parse(text)
  } finally {
    await client.close()
  }
}
