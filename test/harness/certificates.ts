import 'reflect-metadata'
import { createPrivateKey, type webcrypto } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import {
  BasicConstraintsExtension,
  type Extension,
  PemConverter,
  SubjectAlternativeNameExtension,
  X509CertificateGenerator,
} from '@peculiar/x509'

const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' }
const dayMs = 24 * 60 * 60 * 1_000

/** A self-signed authority. */
export interface Authority {
  readonly certificate: string
  /**
   * A certificate and its key in PEM, valid for the names. The key is PKCS #8, and encrypted if there is a password.
   */
  issue(
    commonName: string,
    names: readonly string[],
    keyPassword?: string,
  ): Promise<{ certificate: string; key: string }>
}

/** Creates an authority. Its certificates are valid from yesterday to tomorrow. */
export async function createAuthority(name: string): Promise<Authority> {
  const [notBefore, notAfter] = [new Date(Date.now() - dayMs), new Date(Date.now() + dayMs)]
  const keys = await crypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])
  const issuer = `CN=${name}`
  const generate = async (subject: string, publicKey: webcrypto.CryptoKey, extensions: Extension[]) =>
    (
      await X509CertificateGenerator.create({
        ...{ subject, issuer, publicKey, signingKey: keys.privateKey, signingAlgorithm: algorithm },
        ...{ notBefore, notAfter, extensions },
      })
    ).toString('pem')
  const certificate = await generate(issuer, keys.publicKey, [new BasicConstraintsExtension(true, undefined, true)])
  return {
    certificate,
    async issue(commonName, names, keyPassword) {
      const own = await crypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])
      const alternatives = names.map((value) => ({
        type: /^[\d.]+$|:/.test(value) ? ('ip' as const) : ('dns' as const),
        value,
      }))
      const key = PemConverter.encode(await crypto.subtle.exportKey('pkcs8', own.privateKey), 'PRIVATE KEY')
      return {
        certificate: await generate(`CN=${commonName}`, own.publicKey, [
          ...(names.length > 0 ? [new SubjectAlternativeNameExtension(alternatives)] : []),
        ]),
        key: keyPassword === undefined ? key : encrypt(key, keyPassword),
      }
    },
  }
}

function encrypt(key: string, passphrase: string): string {
  return createPrivateKey(key).export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase }).toString()
}

/** Writes files into a directory, and returns their paths by the same names. */
export async function writeFiles<Name extends string>(
  directory: string,
  contents: Readonly<Record<Name, string>>,
): Promise<Record<Name, string>> {
  const paths: Partial<Record<Name, string>> = {}
  for (const name in contents) {
    paths[name] = join(directory, `${name}.pem`)
    await writeFile(join(directory, `${name}.pem`), contents[name])
  }
  return paths as Record<Name, string>
}
