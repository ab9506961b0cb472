/** The parameters of a registry's configuration. */
export interface RegistryConfigOptions {
  /** The URL of Postern for clients, which the realm starts with. */
  readonly publicUrl: string
  readonly service: string
  readonly issuer: string
  /** The file of the certificates for verifying tokens. */
  readonly rootCertificates: string
  /** The bearer secret with which the registry reports pushes, pulls and deletions. */
  readonly eventsSecret: string
  /** The directory of the images. */
  readonly storage: string
}

/**
 * A complete configuration for `docker-registry serve` (CNCF Distribution 2.8 and 3) with this Postern. Paths and names
 * are quoted, so that they cannot add other settings.
 */
export function registryConfig(options: RegistryConfigOptions): string {
  const { publicUrl, service, issuer, rootCertificates, eventsSecret, storage } = options
  return `# A registry that gets its tokens from Postern. Start Postern first, then: docker-registry serve THIS-FILE
# The certificates are those of ${publicUrl}/registry/root.crt; on another machine, fetch them from there.
version: 0.1
log:
  level: info
storage:
  filesystem:
    rootdirectory: ${text(storage)}
  delete:
    enabled: true
http:
  addr: 127.0.0.1:5000
auth:
  token:
    realm: ${text(`${publicUrl}/token`)}
    service: ${text(service)}
    issuer: ${text(issuer)}
    rootcertbundle: ${text(rootCertificates)}
notifications:
  # With references, Postern distinguishes images from signatures and attestations, which are not counted.
  events:
    includereferences: true
  endpoints:
    - name: postern
      url: ${text(`${publicUrl}/registry/events`)}
      headers:
        Authorization: [${text(`Bearer ${eventsSecret}`)}]
      timeout: 5s
      threshold: 3
      backoff: 5s
      # Postern counts manifests. Layers and mounts would be ten times as many notifications.
      ignore:
        mediatypes: [application/octet-stream]
        actions: [mount]
`
}

/** JSON strings are YAML strings, except a few characters that are invalid or end a line in YAML. */
function text(value: string): string {
  const escaped = (character: string) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
  return JSON.stringify(value).replace(/[\u007f-\u009f\u2028\u2029\ufeff]/g, escaped)
}
