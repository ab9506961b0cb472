import { randomUUID } from 'node:crypto'
import type { Postern } from '../harness/postern.ts'

/** The reports of a registry for a push, a pull and two kinds of deletion, by a token and by an anonymous client. */
export async function everyRegistryEvent(postern: Postern, tokenId: string): Promise<void> {
  const mediaType = 'application/vnd.oci.image.manifest.v1+json'
  const digest = `sha256:${'a'.repeat(64)}`
  const repository = 'acme/api'
  const request = { id: 'r', addr: '192.0.2.8:1', method: 'GET', useragent: 'skopeo' }
  const events = [
    { action: 'push', target: { repository, mediaType, digest, tag: '1.0' } },
    { action: 'pull', target: { repository, mediaType, digest, tag: '1.0' } },
    { action: 'delete', target: { repository, digest } },
    { action: 'delete', target: { repository, tag: '1.0' } },
  ].flatMap((event) =>
    [{ name: tokenId }, {}].map((actor) => ({
      ...event,
      id: randomUUID(),
      timestamp: new Date().toISOString(),
      request,
      actor,
    })),
  )
  const { status } = await fetch(`${postern.url}/registry/events`, {
    method: 'POST',
    headers: { authorization: `Bearer ${postern.config.registryEventsSecret}` },
    body: JSON.stringify({ events }),
  })
  if (status !== 200) throw new Error(`The notifications were answered with ${status}.`)
}
