import { isIP } from 'node:net'
import { z } from 'zod'
import type { ImageEvent } from '../domain/model/registry-event.ts'
import { clientText } from '../domain/shared/client-text.ts'

/** Registries send one event per report. A report of 4 MiB could have a million, and take seconds. */
const maxEvents = 1_000
/** Of one manifest. Images have up to 127 layers, and an index has an image for each platform. */
const maxReferences = 1_000

const optionalText = z.string().optional()
const notification = z.object({
  id: z.string().min(1).max(255),
  timestamp: z.string().refine((text) => !Number.isNaN(Date.parse(text))),
  action: z.string(),
  target: z.object({
    repository: z.string(),
    mediaType: optionalText,
    digest: optionalText,
    tag: optionalText,
    references: z.unknown().optional().transform(mediaTypesOf),
  }),
  request: z
    .object({ id: optionalText, addr: optionalText, method: optionalText, useragent: optionalText })
    .default({}),
  actor: z.object({ name: optionalText }).default({}),
})
const envelope = z.object({ events: z.array(z.unknown()) })

/** The content of a registry's report. */
export interface RegistryNotifications {
  readonly events: readonly ImageEvent[]
  /** Number of events that are not recorded: about blobs, mounts, pulled indexes, and unknown kinds. */
  readonly ignored: number
  /** Number of events that cannot be read, or are beyond the first thousand. */
  readonly malformed: number
}

/**
 * Parses the body of a report (Distribution, "Work with notifications"), of version 1 or 2. It never throws, because a
 * registry would retry the report and send no later one.
 */
export function parseRegistryEvents(body: string): RegistryNotifications {
  const parsed = envelope.safeParse(jsonOf(body))
  if (!parsed.success) return { events: [], ignored: 0, malformed: 1 }
  const { events: sent } = parsed.data
  const read = sent.slice(0, maxEvents).map((each) => notification.safeParse(each))
  const understood = read.flatMap(({ data }) => (data === undefined ? [] : [data]))
  const events = understood.flatMap((each) => imageEvent(each) ?? [])
  return { events, ignored: understood.length - events.length, malformed: sent.length - understood.length }
}

/** Empty texts stand for those that are missing. */
function mediaTypesOf(references: unknown): string[] {
  if (!Array.isArray(references)) return []
  return references.slice(0, maxReferences).map((each: unknown) => {
    const mediaType: unknown = Reflect.get(Object(each), 'mediaType')
    return typeof mediaType === 'string' ? mediaType : ''
  })
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function imageEvent({
  id,
  timestamp,
  action,
  target,
  request,
  actor,
}: z.infer<typeof notification>): ImageEvent | null {
  const kind = kindOf(action, target, request.method)
  if (kind === null) return null
  return {
    id,
    kind,
    at: new Date(timestamp),
    repository: target.repository,
    tag: storable(target.tag),
    digest: storable(target.digest),
    mediaType: storable(target.mediaType),
    subject: actor.name ?? '',
    ipAddress: addressOf(request.addr),
    userAgent: clientText(storable(request.useragent) ?? undefined),
    requestId: storable(request.id),
  }
}

/**
 * A pull is a GET of an image's manifest, and a check is a HEAD of any manifest. A GET of an index is not a pull
 * itself. Deletions come without a media type, and those of blobs are ignored.
 */
function kindOf(
  action: string,
  { mediaType, references }: z.infer<typeof notification>['target'],
  method: string | undefined,
): ImageEvent['kind'] | null {
  const manifest = manifestKind(mediaType, references)
  switch (action) {
    case 'pull':
      if (manifest !== null && method === 'HEAD') return 'CHECK'
      return manifest === 'IMAGE' && method === 'GET' ? 'PULL' : null
    case 'push':
      return manifest === null ? null : 'PUSH'
    case 'delete':
      return mediaType === undefined || mediaType === '' || manifest !== null ? 'DELETE' : null
    default:
      return null
  }
}

const maxTextLength = 512

// PostgreSQL cannot store U+0000.
function storable(text: string | undefined): string | null {
  return text ? text.replaceAll('\u0000', '').slice(0, maxTextLength) || null : null
}

/** The address in `192.0.2.1:36728`, `[2001:db8::1]:36728`, or without a port. Null if it contains no valid address. */
function addressOf(peer: string | undefined): string | null {
  const [, bracketed, bare] = /^(?:\[([^\]%]+)[^\]]*\](?::\d+)?|([^:]+)(?::\d+)?)$/.exec(peer ?? '') ?? []
  const address = bracketed ?? bare ?? peer ?? ''
  return isIP(address) ? address : null
}

// OCI image specification 1.1, and Docker's image manifest versions 1 and 2.
const indexTypes = new Set([
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
])
const manifestTypes = new Set([
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.docker.distribution.manifest.v2+json',
  'application/vnd.docker.distribution.manifest.v1+json',
  'application/vnd.docker.distribution.manifest.v1+prettyjws',
])

// The contents of attestations and signatures: BuildKit and in-toto, cosign and Sigstore bundles, Notary.
const statementTypes = [
  /^application\/vnd\.in-toto\+/,
  /^application\/vnd\.dsse\./,
  /^application\/vnd\.dev\.cosign\./,
  /^application\/vnd\.dev\.sigstore\.bundle\b/,
  /^application\/jose\+json$/,
  /^application\/cose$/,
]

/** An index names images for several platforms. A statement is about an image: a signature or an attestation. */
type ManifestKind = 'IMAGE' | 'INDEX' | 'STATEMENT'

/**
 * What a manifest is; null: not a manifest. `references` are the media types of its configuration and its layers, in
 * this order, as registries report them with `includereferences`; without them, a statement counts as an image.
 */
function manifestKind(mediaType: string | undefined, references: readonly string[]): ManifestKind | null {
  if (mediaType === undefined) return null
  if (indexTypes.has(mediaType)) return 'INDEX'
  if (!manifestTypes.has(mediaType)) return null
  const [, ...layers] = references
  const isStatement = layers.length > 0 && layers.every((layer) => statementTypes.some((type) => type.test(layer)))
  return isStatement ? 'STATEMENT' : 'IMAGE'
}
