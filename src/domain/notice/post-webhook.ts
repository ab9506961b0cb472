import { type IncomingMessage, request as requestPlainly } from 'node:http'
import { request as requestOverTls } from 'node:https'
import { isIP } from 'node:net'
import { type Attempt, withoutAnswer } from './attempt.ts'
import { isPublicAddress, lookupPublic, NotPublic, type WebhookNetworks } from './network.ts'
import { parseRetryAfter } from './retry.ts'

/** How long a receiver may take, from the first packet to the last of its answer's head. */
const timeoutMs = 10_000

const maxAnswerBytes = 64 * 1024

/** What is sent to a webhook. */
export interface Post {
  readonly url: string
  readonly body: string
  readonly headers: Readonly<Record<string, string>>
}

/**
 * Sends a body to a webhook, once. Redirects are an answer like any other, for what is signed is for nobody else. Nothing of
 * the answer is kept but its status. `stop` ends it early.
 */
export async function postWebhook(post: Post, networks: WebhookNetworks, stop: AbortSignal): Promise<Attempt> {
  const late = AbortSignal.timeout(timeoutMs)
  try {
    return toAttempt(await send(post, networks, AbortSignal.any([late, stop])))
  } catch (error) {
    if (stop.aborted) return withoutAnswer('GIVEN_BACK', 'The server was stopped.')
    if (late.aborted) return withoutAnswer('FAILED', `There was no answer within ${timeoutMs / 1000} seconds.`)
    return withoutAnswer('FAILED', explain(error))
  }
}

async function send(post: Post, networks: WebhookNetworks, signal: AbortSignal): Promise<IncomingMessage> {
  const url = new URL(post.url)
  const host = url.hostname.replace(/^\[|\]$/g, '')
  // An address is connected to without being looked up.
  if (networks === 'public' && isIP(host) !== 0 && !isPublicAddress(host)) throw new NotPublic()
  const request = url.protocol === 'https:' ? requestOverTls : requestPlainly
  return new Promise((resolve, reject) => {
    const sending = request(
      url,
      {
        method: 'POST',
        signal,
        // A connection of its own: one that another setting had let through is not used again.
        agent: false,
        headers: {
          'content-type': 'application/json',
          'content-length': Buffer.byteLength(post.body),
          'user-agent': 'Postern',
          ...post.headers,
        },
        ...(networks === 'public' && { lookup: lookupPublic }),
      },
      (response) => {
        skipBody(response)
        resolve(response)
      },
    )
    sending.on('error', reject)
    sending.end(post.body)
  })
}

/** Lets the receiver say the rest, which nobody reads, within bounds: of time, the same as before. */
function skipBody(response: IncomingMessage): void {
  let bytes = 0
  response.on('error', () => undefined)
  response.on('data', (chunk: Buffer) => {
    bytes += chunk.byteLength
    if (bytes > maxAnswerBytes) response.destroy()
  })
}

function toAttempt({ statusCode = 0, headers }: IncomingMessage): Attempt {
  const responseStatus = statusCode
  if (statusCode >= 200 && statusCode < 300) return { outcome: 'DELIVERED', responseStatus, error: null }
  if (statusCode === 410) return { outcome: 'GONE', responseStatus, error: 'The receiver answered that it is gone.' }
  const error = `The receiver answered ${statusCode}${statusCode >= 300 && statusCode < 400 ? ', and redirects are not followed' : ''}.`
  return { outcome: 'FAILED', responseStatus, error, retryAfterMs: parseRetryAfter(headers['retry-after'], new Date()) }
}

// By code, because messages hold addresses that only this server may know.
function explain(error: unknown): string {
  if (error instanceof NotPublic) return 'The address is not of the public internet, to which this installation keeps.'
  const code: unknown = Reflect.get(Object(error), 'code')
  return `No connection, or none that lasted${typeof code === 'string' ? ` (${code})` : ''}.`
}
