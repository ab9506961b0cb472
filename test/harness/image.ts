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

/**
 * Writes an image of one layer, with one file that holds `content`, as an OCI layout in `dir` (made if need be), under
 * the tag `latest`: skopeo reads it as `oci:DIR:latest`. The same content always gives the same image.
 * @returns the digest of its manifest, which is what a registry names the image by.
 */
export async function writeImage(dir: string, content: string): Promise<{ digest: string }> {
  const blobs = join(dir, 'blobs', 'sha256')
  await mkdir(blobs, { recursive: true })
  const put = async (mediaType: string, bytes: Buffer): Promise<Descriptor> => {
    const digest = sha256(bytes)
    await writeFile(join(blobs, digest.replace('sha256:', '')), bytes)
    return { mediaType, digest, size: bytes.length }
  }
  const tar = tarOf('content.txt', Buffer.from(content))
  const layer = await put(LAYER, gzipSync(tar))
  const rootfs = { type: 'layers', diff_ids: [sha256(tar)] }
  const config = await put(CONFIG, json({ architecture: 'amd64', os: 'linux', config: {}, rootfs }))
  const manifest = await put(MANIFEST, json({ schemaVersion: 2, mediaType: MANIFEST, config, layers: [layer] }))
  const tagged = { ...manifest, annotations: { 'org.opencontainers.image.ref.name': 'latest' } }
  await writeFile(join(dir, 'oci-layout'), json({ imageLayoutVersion: '1.0.0' }))
  await writeFile(join(dir, 'index.json'), json({ schemaVersion: 2, manifests: [tagged] }))
  return { digest: manifest.digest }
}

/** An archive of one file in the ustar format (POSIX.1-1988), dated 1970 so that it depends on nothing else. */
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
