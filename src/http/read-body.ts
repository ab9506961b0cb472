import type { Readable } from 'node:stream'

/**
 * Reads a body to its end and returns it as text. Returns null if it is longer than `maxBytes`; such a body is read but
 * not kept, because a client that is still sending does not see the response.
 */
export async function readBody(body: Readable, maxBytes: number): Promise<string | null> {
  let chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of body) {
    bytes += chunk.length
    if (bytes <= maxBytes) chunks.push(chunk)
    else chunks = []
  }
  return bytes <= maxBytes ? Buffer.concat(chunks).toString() : null
}
