import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { type AddressInfo, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { rootCertificatesFile } from '../../src/app.ts'
import { registryConfig } from '../../src/registry/registry-config.ts'
import type { Client } from './client.ts'
import { writeImage } from './image.ts'
import { createOrganization, type Postern, startPostern } from './postern.ts'
import {
  type CommandResult,
  createDockerClient,
  type DockerClient,
  type Registry,
  startRegistryFrom,
} from './registry.ts'

/** An image that was created for one test. */
export interface LocalImage {
  /** Its name for skopeo. */
  readonly source: string
  readonly digest: string
}

/** A Postern with the organization `acme`, a registry that uses its tokens, and real clients. */
export interface RealClients {
  readonly postern: Postern
  readonly registry: Registry
  /** The administrator, who owns `acme`. */
  readonly owner: Client
  /** A client on its own machine, without credentials. */
  readonly newClient: () => Promise<DockerClient>
  readonly logIn: (username: string, password: string) => Promise<CommandResult & { readonly client: DockerClient }>
  /** A client that has logged in with a token of `acme`. */
  readonly loggedIn: (secret: string) => Promise<DockerClient>
  readonly newImage: () => Promise<LocalImage>
  /** `acme/app:1.0` at the registry, in skopeo's notation. */
  readonly at: (reference: string) => string
  /** Pushes a new image, which must succeed. */
  readonly push: (client: DockerClient, reference: string) => Promise<LocalImage>
  /** Pulls an image, and returns its digest if that succeeds. */
  readonly pull: (
    client: DockerClient,
    reference: string,
  ) => Promise<CommandResult & { readonly digest: string | null }>
  readonly stop: () => Promise<void>
}

/** Starts them. The server keeps its port when it restarts, because the registry's configuration contains it. */
export async function startRealClients(): Promise<RealClients> {
  const postern = await startPostern({ port: await freePort() })
  const directory = await mkdtemp(join(tmpdir(), 'postern-images-'))
  const config = registryConfig({
    publicUrl: postern.url,
    service: postern.config.registryService,
    issuer: postern.config.tokenIssuer,
    rootCertificates: rootCertificatesFile(postern.config.dataDir),
    eventsSecret: postern.config.registryEventsSecret,
    storage: join(directory, 'registry'),
  })
  const registry = await startRegistryFrom(config).catch(async (error) => {
    await postern.stop()
    throw error
  })
  const owner = await postern.signInAsAdministrator()
  await createOrganization(owner, 'acme', 'BUSINESS')

  const clients: DockerClient[] = []
  const newClient = async () => {
    const client = await createDockerClient()
    clients.push(client)
    return client
  }
  const logIn = async (username: string, password: string) => {
    const client = await newClient()
    return { client, ...(await client.dockerLogin(registry.host, username, password)) }
  }
  const newImage = async () => {
    const dir = join(directory, randomUUID())
    return { source: `oci:${dir}:latest`, ...(await writeImage(dir, dir)) }
  }
  const at = (reference: string) => `docker://${registry.host}/${reference}`

  return {
    postern,
    registry,
    owner,
    newClient,
    logIn,
    async loggedIn(secret) {
      const { client, code, stderr } = await logIn('acme', secret)
      if (code !== 0) throw new Error(`The login failed: ${stderr}`)
      return client
    },
    newImage,
    at,
    async push(client, reference) {
      const image = await newImage()
      const { code, stderr } = await client.skopeo('copy', image.source, at(reference))
      if (code !== 0) throw new Error(`The push failed: ${stderr}`)
      return image
    },
    async pull(client, reference) {
      const dir = join(directory, randomUUID())
      const result = await client.skopeo('copy', at(reference), `oci:${dir}:latest`)
      if (result.code !== 0) return { ...result, digest: null }
      const { manifests } = JSON.parse(await readFile(join(dir, 'index.json'), 'utf8'))
      return { ...result, digest: manifests[0].digest }
    },
    async stop() {
      await Promise.all(clients.map((client) => client.remove()))
      await registry.stop()
      await postern.stop()
      await rm(directory, { recursive: true, force: true })
    },
  }
}

async function freePort(): Promise<number> {
  const server = createServer()
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}
