import type { CustomFetch } from 'openid-client'
import { isSafeTransport } from './provider-url.ts'

// Metadata and keys of a provider are a few KiB each. The limit is there because anybody can run a provider.
const maxResponseBytes = 64 * 1024

/** Fetches for openid-client, without redirects, only from URLs that secrets may be sent to, and a limited size. */
export const fetchFromProvider: CustomFetch = async (url, options) => {
  if (!isSafeTransport(new URL(url))) throw new TypeError('Providers need TLS.')
  const response = await fetch(url, options as RequestInit)
  let bytes = 0
  const atMost = new TransformStream<Uint8Array, Uint8Array>({
    transform(chunk, controller) {
      bytes += chunk.byteLength
      if (bytes > maxResponseBytes) controller.error(new TypeError('The response is too long.'))
      else controller.enqueue(chunk)
    },
  })
  return new Response(response.body?.pipeThrough(atMost) ?? null, response)
}
