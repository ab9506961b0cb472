import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { rootCertificatesFile } from '../app.ts'
import { loadConfig } from '../config.ts'
import { registryConfig } from '../registry/registry-config.ts'
import { keepToOwner } from './keep-to-owner.ts'

/**
 * `npm run --silent registry-config` prints a complete configuration for `docker-registry serve`, including a secret.
 */
function main(): void {
  const dataDir = resolve(process.env.DATA_DIR || './data')
  const rootCertificates = rootCertificatesFile(dataDir)
  // Checked before the configuration is read, which would create a missing SECRET_KEY.
  if (!existsSync(rootCertificates))
    throw new Error(
      `Postern has not been started on ${dataDir} yet, so its certificates are missing. Run npm start first.`,
    )
  const config = loadConfig(process.env)
  if (config.publicUrl === null)
    throw new Error('PORT=0 uses any free port, which a registry cannot know in advance. Set PORT or PUBLIC_URL.')
  if (keepToOwner(process.stdout.fd))
    process.stderr.write(
      'The file contains a secret, so only its owner can read it now (mode 600). ' +
        'If the registry runs as another account, change the owner to that account.\n',
    )
  process.stdout.write(
    registryConfig({
      publicUrl: config.publicUrl,
      service: config.registryService,
      issuer: config.tokenIssuer,
      rootCertificates,
      eventsSecret: config.registryEventsSecret,
      storage: join(config.dataDir, 'registry', 'images'),
    }),
  )
}

try {
  main()
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
  process.exitCode = 1
}
