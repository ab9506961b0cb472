import { Client } from 'undici'

/** A request that is ready to be sent, and the status that it must return. */
export interface LoadRequest {
  readonly method: 'GET' | 'POST'
  readonly path: string
  readonly headers: Record<string, string>
  readonly body?: string
  readonly status: number
  /** Another valid status, returned after many requests of the same kind. */
  readonly laterStatus?: number
}

/** The duration of each request, in ms. */
export type Latencies = number[]

/**
 * Sends requests over a number of connections for a time, on each connection the next one after the response to the
 * previous one. Throws if a response has an unexpected status or contains an error.
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

/** Like `load`, for a number of requests. */
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

// Undici's lowest layer does not parse responses. That matters, because the load shares its core with PostgreSQL.
function send(client: Client, { status, laterStatus, ...request }: LoadRequest): Promise<void> {
  return new Promise((resolve, reject) => {
    let received = 0
    let beginning: Buffer | undefined
    client.dispatch(request, {
      onRequestStart() {},
      onResponseStart(_controller, statusCode) {
        received = statusCode
      },
      onResponseData(_controller, chunk) {
        beginning ??= chunk.subarray(0, beginningBytes)
      },
      onResponseEnd() {
        // GraphQL reports most failures with status 200.
        if ((received === status || received === laterStatus) && !(status === 200 && beginning?.includes('"errors"')))
          resolve()
        else reject(new Error(`${request.method} ${request.path} returned ${received}: ${beginning}`))
      },
      onResponseError(_controller, error) {
        reject(error)
      },
    })
  })
}

/** Sends one request, and returns the parsed response. */
export async function responseTo(url: string, { status, laterStatus: _, ...request }: LoadRequest): Promise<unknown> {
  const client = new Client(url)
  try {
    const { statusCode, body } = await client.request(request)
    const text = await body.text()
    if (statusCode !== status) throw new Error(`${request.path} returned ${statusCode}: ${text.slice(0, 500)}`)
    return JSON.parse(text)
  } finally {
    await client.close()
  }
}
