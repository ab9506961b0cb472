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
export type ManifestKind = 'IMAGE' | 'INDEX' | 'STATEMENT'

/**
 * What a manifest is; null: not a manifest. `references` are the media types of its configuration and its layers, in
 * this order, as registries report them with `includereferences`; without them, a statement counts as an image.
 */
export function manifestKind(mediaType: string | undefined, references: readonly string[]): ManifestKind | null {
  if (mediaType === undefined) return null
  if (indexTypes.has(mediaType)) return 'INDEX'
  if (!manifestTypes.has(mediaType)) return null
  const [, ...layers] = references
  const isStatement = layers.length > 0 && layers.every((layer) => statementTypes.some((type) => type.test(layer)))
  return isStatement ? 'STATEMENT' : 'IMAGE'
}
