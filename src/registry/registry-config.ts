/** What a registry's configuration has to know of Postern, and where it is to keep its images. */
export interface RegistryConfigOptions {
  /** What clients reach; the realm is below it. */
  readonly publicUrl: string
  readonly service: string
  readonly issuer: string
  /** File of the certificates that tokens are verified with. */
  readonly rootCertificates: string
  /** Directory of the images. */
  readonly storage: string
}

/**
 * A complete configuration for `docker-registry serve` (CNCF Distribution 2.8 and 3), wired to this Postern. JSON strings
 * are YAML strings, so that no path or name can break out of its place.
 */
export function registryConfig(options: RegistryConfigOptions): string {
  const { publicUrl, service, issuer, rootCertificates, storage } = options
  const text = JSON.stringify
  return `# A registry that takes its tokens from Postern. Start Postern first, then: docker-registry serve THIS-FILE
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
`
}
