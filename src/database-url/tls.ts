import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { getCACertificates, type SecureVersion } from 'node:tls'
import type { ParameterValues } from './parameters.ts'

/** The TLS parameters of a URL. */
export interface Tls {
  /** What is verified in the server's certificate; `name` is that of the host. */
  readonly verified: 'nothing' | 'issuer' | 'issuer and name'
  /** Certificates of the accepted authorities, in PEM. Undefined if nothing is verified. */
  readonly issuers: readonly string[] | undefined
  /** Postern's own certificate with its intermediate certificates, in PEM. */
  readonly certificate: string | undefined
  readonly key: string | undefined
  readonly keyPassword: string | undefined
  readonly minVersion: SecureVersion | undefined
  readonly maxVersion: SecureVersion | undefined
}

const modes = 'sslmode=require, verify-ca or verify-full'
const needTls = [
  'sslrootcert',
  'sslcert',
  'sslkey',
  'sslpassword',
  'ssl_min_protocol_version',
  'ssl_max_protocol_version',
] as const

/**
 * Reads the TLS parameters of a URL, with the meanings of "SSL Support" in the manual of libpq
 * (https://www.postgresql.org/docs/current/libpq-ssl.html): `require` verifies nothing without `sslrootcert`, and is
 * like `verify-ca` with it. Null if no TLS is requested. Adds an error if the request cannot be met.
 *
 * Three things are stricter than in libpq. Nothing is read from `~/.postgresql`. Without `sslmode`, where libpq tries
 * TLS and continues without it, certificates and keys are errors. TLS over a Unix socket, which libpq ignores, is an
 * error.
 */
export function readTls(values: ParameterValues, faults: string[]): Tls | null {
  // Anybody can get a certificate of a trusted authority, so it proves nothing unless the name is verified.
  const mode = values.sslmode ?? (values.sslrootcert === 'system' ? 'verify-full' : undefined)
  if (mode === undefined || mode === 'disable') {
    if (mode === undefined)
      for (const name of needTls) if (values[name] !== undefined) faults.push(`has ${name} without TLS; write ${modes}`)
    if (values.sslnegotiation === 'direct') faults.push(`has sslnegotiation=direct without TLS; write ${modes}`)
    if (values.channel_binding === 'require') faults.push(`has channel_binding=require without TLS; write ${modes}`)
    return null
  }
  if (values.host?.startsWith('/'))
    faults.push(`has sslmode=${mode} for a Unix socket, which has no TLS; write sslmode=disable, or a host`)
  const { ssl_min_protocol_version: minVersion, ssl_max_protocol_version: maxVersion } = values
  if (minVersion === 'TLSv1.3' && maxVersion === 'TLSv1.2')
    faults.push('has an ssl_max_protocol_version below ssl_min_protocol_version; write one that is not')
  return {
    ...readVerification(mode, values.sslrootcert, faults),
    ...readOwnCertificate(values, faults),
    minVersion: minVersion as SecureVersion | undefined,
    maxVersion: maxVersion as SecureVersion | undefined,
  }
}

function readVerification(
  mode: string,
  rootCertificates: string | undefined,
  faults: string[],
): Pick<Tls, 'verified' | 'issuers'> {
  const verified = mode === 'verify-full' ? 'issuer and name' : 'issuer'
  if (rootCertificates === undefined) {
    if (mode === 'require') return { verified: 'nothing', issuers: undefined }
    faults.push(
      `has sslmode=${mode} and nobody to trust; write sslrootcert with the path of a file of certificates, ` +
        'or sslmode=verify-full&sslrootcert=system for those that this machine trusts',
    )
    return { verified, issuers: undefined }
  }
  if (rootCertificates !== 'system')
    return { verified, issuers: readCertificates('sslrootcert', rootCertificates, faults) }
  if (mode !== 'verify-full')
    faults.push(`has sslrootcert=system with sslmode=${mode}; write sslmode=verify-full with it`)
  const issuers = getCACertificates('system')
  if (issuers.length === 0)
    faults.push('has sslrootcert=system on a machine that trusts nobody; write the path of a file of certificates')
  return { verified, issuers }
}

function readOwnCertificate(
  { sslcert, sslkey, sslpassword }: ParameterValues,
  faults: string[],
): Pick<Tls, 'certificate' | 'key' | 'keyPassword'> {
  if (sslcert === undefined && sslkey === undefined)
    return { certificate: undefined, key: undefined, keyPassword: undefined }
  if (sslcert === undefined || sslkey === undefined) {
    faults.push('has one of sslcert and sslkey; write both')
    return { certificate: undefined, key: undefined, keyPassword: undefined }
  }
  const chain = readCertificates('sslcert', sslcert, faults)
  const key = readFile('sslkey', sslkey, faults)
  const opened = key === undefined ? undefined : openKey(key, sslkey, sslpassword, faults)
  if (opened && chain?.[0] !== undefined && !new X509Certificate(chain[0]).checkPrivateKey(opened))
    faults.push(`has an sslkey that does not fit sslcert; write the path of the key of ${JSON.stringify(sslcert)}`)
  return { certificate: chain?.join('\n'), key, keyPassword: sslpassword }
}

function openKey(pem: string, path: string, passphrase: string | undefined, faults: string[]): KeyObject | undefined {
  try {
    return createPrivateKey({ key: pem, ...(passphrase !== undefined && { passphrase }) })
  } catch {
    const file = `the file ${JSON.stringify(path)} of sslkey`
    if (!pem.includes('PRIVATE KEY'))
      faults.push(`names ${file}, which holds no private key in PEM; write the path of one`)
    else faults.push(`names ${file}, which sslpassword does not open; write its password, escaped`)
    return undefined
  }
}

// Node would trust its own list if a file contains no certificate, and ignore parts that it cannot read.
function readCertificates(parameter: string, path: string, faults: string[]): string[] | undefined {
  const text = readFile(parameter, path, faults)
  if (text === undefined) return undefined
  const certificates =
    text.match(/-----BEGIN (X509 |TRUSTED )?CERTIFICATE-----[\s\S]*?-----END \1CERTIFICATE-----/g) ?? []
  if (certificates.length > 0 && certificates.every(isCertificate)) return certificates
  faults.push(
    `names the file ${JSON.stringify(path)} by ${parameter}, which is not all certificates in PEM; write another`,
  )
  return undefined
}

function isCertificate(pem: string): boolean {
  try {
    return new X509Certificate(pem).raw.length > 0
  } catch {
    return false
  }
}

function readFile(parameter: string, path: string, faults: string[]): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown error'
    const file = JSON.stringify(path)
    faults.push(
      `names the file ${file} by ${parameter}, which cannot be read (${code}); write the path of a readable one`,
    )
    return undefined
  }
}
