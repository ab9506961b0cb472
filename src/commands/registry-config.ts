import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { rootCertificatesFile } from '../app.ts'
import { loadConfig } from '../config.ts'
import { registryConfig } from '../registry/registry-config.ts'

/** `npm run --silent registry-config` prints a complete configuration for `docker-registry serve`. */
function main(): void {
  const config = loadConfig(process.env)
  const rootCertificates = rootCertificatesFile(config.dataDir)
  if (!existsSync(rootCertificates))
    throw new Error(
      `Postern has not been started on ${config.dataDir} yet, so its certificates are missing. Run npm start first.`,
    )
  if (config.publicUrl === null)
    throw new Error('PORT=0 takes any free port, which a registry cannot know ahead. Set PORT or PUBLIC_URL.')
  process.stdout.write(
    registryConfig({
      publicUrl: config.publicUrl,
      service: config.registryService,
      issuer: config.tokenIssuer,
      rootCertificates,
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
