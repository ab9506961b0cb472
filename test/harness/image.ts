import { createHash } from 'node:crypto'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'

const MANIFEST = 'application/vnd.oci.image.manifest.v1+json'
const CONFIG = 'application/vnd.oci.image.config.v1+json'
const LAYER = 'application/vnd.oci.image.layer.v1.tar+gzip'
const TAR_BLOCK = 512

interface Descriptor {
  mediaType: string
  digest: string
  size: number
}

const INDEX = 'application/vnd.oci.image.index.v1+json'
const STATEMENT = 'application/vnd.in-toto+json'

/**
 * Writes an image of one layer, with one file that contains `content`, as an OCI layout in `dir` (created if
 * necessary), under the tag `latest`. skopeo reads it as `oci:DIR:latest`. The same content always gives the same
 * image.
 * @returns the digest of its manifest, which identifies the image at a registry.
 */
export async function writeImage(dir: string, content: string): Promise<{ digest: string }> {
  const manifest = await putImage(await openLayout(dir), content, 'amd64')
  return tag(dir, manifest)
}

/**
 * Writes an image for amd64 and for arm64, each with an attestation, as BuildKit does.
 * @returns the digest of its index.
 */
export async function writeMultiPlatformImage(dir: string, content: string): Promise<{ digest: string }> {
  const put = await openLayout(dir)
  const manifests = []
  for (const architecture of ['amd64', 'arm64']) {
    const image = await putImage(put, `${content} ${architecture}`, architecture)
    const statement = await put(STATEMENT, json({ _type: 'https://in-toto.io/Statement/v0.1', about: image.digest }))
    const rootfs = { type: 'layers', diff_ids: [statement.digest] }
    const config = await put(CONFIG, json({ architecture: 'unknown', os: 'unknown', config: {}, rootfs }))
    const attestation = { schemaVersion: 2, mediaType: MANIFEST, config, layers: [statement] }
    manifests.push({ ...image, platform: { architecture, os: 'linux' } })
    manifests.push({
      ...(await put(MANIFEST, json(attestation))),
      platform: { architecture: 'unknown', os: 'unknown' },
      annotations: {
        'vnd.docker.reference.digest': image.digest,
        'vnd.docker.reference.type': 'attestation-manifest',
      },
    })
  }
  return tag(dir, await put(INDEX, json({ schemaVersion: 2, mediaType: INDEX, manifests })))
}

type Put = (mediaType: string, bytes: Buffer) => Promise<Descriptor>

/** Creates the directories of a layout, and a function that writes its blobs. */
async function openLayout(dir: string): Promise<Put> {
  const blobs = join(dir, 'blobs', 'sha256')
  await mkdir(blobs, { recursive: true })
  return async (mediaType, bytes) => {
    const digest = sha256(bytes)
    await writeFile(join(blobs, digest.replace('sha256:', '')), bytes)
    return { mediaType, digest, size: bytes.length }
  }
}

async function putImage(put: Put, content: string, architecture: string): Promise<Descriptor> {
  const tar = tarOf('content.txt', Buffer.from(content))
  const layer = await put(LAYER, gzipSync(tar))
  const rootfs = { type: 'layers', diff_ids: [sha256(tar)] }
  const config = await put(CONFIG, json({ architecture, os: 'linux', config: {}, rootfs }))
  return put(MANIFEST, json({ schemaVersion: 2, mediaType: MANIFEST, config, layers: [layer] }))
}

async function tag(dir: string, manifest: Descriptor): Promise<{ digest: string }> {
  const tagged = { ...manifest, annotations: { 'org.opencontainers.image.ref.name': 'latest' } }
  await writeFile(join(dir, 'oci-layout'), json({ imageLayoutVersion: '1.0.0' }))
  await writeFile(join(dir, 'index.json'), json({ schemaVersion: 2, manifests: [tagged] }))
  return { digest: manifest.digest }
}

/** An archive of one file in the ustar format (POSIX.1-1988), dated 1970 so that it depends on the content only. */
function tarOf(name: string, content: Buffer): Buffer {
  const header = Buffer.alloc(TAR_BLOCK)
  const octal = (value: number, digits: number) => `${value.toString(8).padStart(digits, '0')}\0`
  header.write(name, 0)
  header.write(octal(0o644, 7) + octal(0, 7) + octal(0, 7) + octal(content.length, 11) + octal(0, 11), 100)
  // The checksum counts its own field as blanks.
  header.write('        0', 148)
  header.write('ustar\x0000', 257)
  const checksum = header.reduce((sum, byte) => sum + byte, 0)
  header.write(`${checksum.toString(8).padStart(6, '0')}\0 `, 148)
  const padding = Buffer.alloc(-content.length & (TAR_BLOCK - 1))
  return Buffer.concat([header, content, padding, Buffer.alloc(2 * TAR_BLOCK)])
}

function sha256(bytes: Buffer): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`
}

function json(value: object): Buffer {
  return Buffer.from(JSON.stringify(value))
}
