import { type IncomingMessage, request as requestPlainly } from 'node:http'
import { request as requestOverTls } from 'node:https'
import { isIP } from 'node:net'
import { type Attempt, withoutResponse } from './attempt.ts'
import { isPublicAddress, lookupPublic, NotPublic, type WebhookNetworks } from './network.ts'
import { parseRetryAfter } from './retry.ts'

/** From the start of the connection to the end of the response's headers. */
const timeoutMs = 10_000

const maxResponseBytes = 64 * 1024

/** A request to a webhook. */
export interface Post {
  readonly url: string
  readonly body: string
  readonly headers: Readonly<Record<string, string>>
}

/**
 * Sends a body to a webhook, once. Redirects are not followed, because the body is signed for this receiver only. Only
 * the status of the response is kept. `stop` ends the attempt early.
 */
export async function postWebhook(post: Post, networks: WebhookNetworks, stop: AbortSignal): Promise<Attempt> {
  const late = AbortSignal.timeout(timeoutMs)
  try {
    return toAttempt(await send(post, networks, AbortSignal.any([late, stop])))
  } catch (error) {
    if (stop.aborted) return withoutResponse('STOPPED', 'The server was stopped.')
    if (late.aborted) return withoutResponse('FAILED', `There was no response within ${timeoutMs / 1000} seconds.`)
    return withoutResponse('FAILED', explain(error))
  }
}

async function send(post: Post, networks: WebhookNetworks, signal: AbortSignal): Promise<IncomingMessage> {
  const url = new URL(post.url)
  const host = url.hostname.replace(/^\[|\]$/g, '')
  // Node does not look up an address.
  if (networks === 'public' && isIP(host) !== 0 && !isPublicAddress(host)) throw new NotPublic()
  const request = url.protocol === 'https:' ? requestOverTls : requestPlainly
  return new Promise((resolve, reject) => {
    const sending = request(
      url,
      {
        method: 'POST',
        signal,
        // A new connection for each attempt, so that a connection from before a change of the setting is not reused.
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

/** Discards the body of the response, up to a limit of its size and the same limit of time. */
function skipBody(response: IncomingMessage): void {
  let bytes = 0
  response.on('error', () => undefined)
  response.on('data', (chunk: Buffer) => {
    bytes += chunk.byteLength
    if (bytes > maxResponseBytes) response.destroy()
  })
}

function toAttempt({ statusCode = 0, headers }: IncomingMessage): Attempt {
  const responseStatus = statusCode
  if (statusCode >= 200 && statusCode < 300) return { outcome: 'DELIVERED', responseStatus, error: null }
  if (statusCode === 410) return { outcome: 'GONE', responseStatus, error: 'The receiver responded that it is gone.' }
  const isRedirect = statusCode >= 300 && statusCode < 400
  const error = `The receiver responded with ${statusCode}${isRedirect ? ', and redirects are not followed' : ''}.`
  return { outcome: 'FAILED', responseStatus, error, retryAfterMs: parseRetryAfter(headers['retry-after'], new Date()) }
}

// Only the code, because messages contain addresses that only this server may know.
function explain(error: unknown): string {
  if (error instanceof NotPublic)
    return 'The address is not of the public internet, and this installation connects to no other.'
  const code: unknown = Reflect.get(Object(error), 'code')
  return `The connection failed${typeof code === 'string' ? ` (${code})` : ''}.`
}
