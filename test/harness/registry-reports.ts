import { randomUUID } from 'node:crypto'
import type { Postern } from './postern.ts'

export const imageManifest = 'application/vnd.oci.image.manifest.v1+json'
export const imageIndex = 'application/vnd.oci.image.index.v1+json'

/** A digest that is the same for the same letter. */
export const digestOf = (letter: string) => `sha256:${letter.repeat(64)}`

/** A request for a manifest that a registry has served: a pull, or a push (PUT). */
export interface ServedRequest {
  readonly method?: 'GET' | 'HEAD' | 'PUT'
  /** The full name. */
  readonly repository?: string
  readonly mediaType?: string
  readonly tag?: string
  readonly digest?: string
  /** Media types of its configuration and layers. */
  readonly references?: readonly string[]
  /** The subject of the bearer token. Empty: anonymous. */
  readonly subject: string
  /** The address that the registry sees. */
  readonly address?: string
  readonly userAgent?: string
}

/** The notification of Distribution 2.8 for a request. */
export function notificationOf({
  method = 'GET',
  repository = 'acme/app',
  mediaType = imageManifest,
  tag,
  digest = digestOf('a'),
  references,
  subject,
  address = '127.0.0.1',
  userAgent = 'node',
}: ServedRequest) {
  return {
    id: randomUUID(),
    timestamp: new Date().toISOString(),
    action: method === 'PUT' ? 'push' : 'pull',
    target: {
      mediaType,
      size: 400,
      digest,
      length: 400,
      repository,
      url: `https://registry.example.org/v2/${repository}/manifests/${digest}`,
      ...(tag === undefined ? {} : { tag }),
      ...(references === undefined
        ? {}
        : { references: references.map((each) => ({ mediaType: each, size: 2, digest: digestOf('b') })) }),
    },
    request: { id: randomUUID(), addr: `${address}:4711`, host: 'registry.example.org', method, useragent: userAgent },
    actor: subject === '' ? {} : { name: subject },
    source: { addr: 'registry:5000', instanceID: randomUUID() },
  }
}

/** Reports requests as a registry does: one notification after the other. */
export async function reportServed(
  { url, config }: Pick<Postern, 'url' | 'config'>,
  ...requests: readonly ServedRequest[]
): Promise<void> {
  for (const request of requests) {
    const response = await fetch(`${url}/registry/events`, {
      method: 'POST',
      headers: {
        'content-type': 'application/vnd.docker.distribution.events.v1+json',
        authorization: `Bearer ${config.registryEventsSecret}`,
      },
      body: JSON.stringify({ events: [notificationOf(request)] }),
    })
    if (response.status !== 200) throw new Error(`The notification was answered with ${response.status}.`)
  }
}
