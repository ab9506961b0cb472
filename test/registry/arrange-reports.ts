import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, beforeEach } from 'vitest'
import {
  AccessTokenDocument,
  ActivityDocument,
  type ActivityFilter,
  RepositoryTagsDocument,
} from '../../schema/typed-documents.ts'
import { RepositoryTag } from '../../src/domain/model/repository-tag.ts'
import { UsageWindow } from '../../src/domain/model/usage-tables.ts'
import type { Client } from '../harness/client.ts'
import { createOrganization, createRepository, generateToken, type Postern, startPostern } from '../harness/postern.ts'
import { digestOf, imageManifest } from '../harness/registry-reports.ts'

const start = Date.now() - 60_000
/** A time in seconds from a minute before the tests. */
export const at = (seconds: number) => new Date(start + seconds * 1_000).toISOString()

interface Changes {
  readonly id?: string
  readonly timestamp?: string
  readonly action?: string
  readonly target?: object
  readonly request?: object
  readonly actor?: object
}

interface ReportingWorld {
  postern: Postern
  owner: Client
  /** The id of the organization `acme`, which has the repository `acme/app`. */
  acme: string
  /** The id of a token of `acme`, a new one for each test. */
  token: string
}

/** Starts a Postern for the tests of a file, and returns functions that send reports and read what they caused. */
export function arrangeReports() {
  const world = {} as ReportingWorld

  beforeAll(async () => {
    world.postern = await startPostern()
    world.owner = await world.postern.signInAsAdministrator()
    world.acme = await createOrganization(world.owner, 'acme', 'BUSINESS')
    await createRepository(world.owner, 'acme/app')
  })
  beforeEach(async () => {
    world.token = (await generateToken(world.owner)).id
    await world.postern.em().nativeDelete(RepositoryTag, {})
    await world.postern.em().nativeDelete(UsageWindow, {})
  })
  afterAll(() => world.postern.stop())

  /** A pull of `acme/app:1.0` with the token, as a registry reports it. */
  function notification({ target, request, ...changes }: Changes = {}) {
    return {
      id: randomUUID(),
      timestamp: new Date().toISOString().replace('Z', '937964Z'),
      action: 'pull',
      target: {
        mediaType: imageManifest,
        size: 400,
        digest: digestOf('a'),
        length: 400,
        repository: 'acme/app',
        url: `https://registry.example.org/v2/acme/app/manifests/${digestOf('a')}`,
        tag: '1.0',
        ...target,
      },
      request: {
        id: 'request-of-the-registry',
        addr: '203.0.113.9:36728',
        host: 'registry.example.org',
        method: 'GET',
        useragent: 'skopeo/1.9.3',
        ...request,
      },
      actor: { name: world.token },
      source: { addr: 'vm:5000', instanceID: randomUUID() },
      ...changes,
    }
  }

  const push = (changes: Changes = {}) =>
    notification({ action: 'push', ...changes, request: { method: 'PUT', ...changes.request } })

  async function post(body: string | object, headers: Record<string, string> = {}, url = world.postern.url) {
    const response = await fetch(`${url}/registry/events`, {
      method: 'POST',
      headers: {
        'content-type': 'application/vnd.docker.distribution.events.v1+json',
        authorization: `Bearer ${world.postern.config.registryEventsSecret}`,
        ...headers,
      },
      body: typeof body === 'string' ? body : JSON.stringify(body),
    })
    const result: { readonly recorded?: number; readonly error?: string } = JSON.parse(await response.text())
    return { status: response.status, body: result }
  }

  const report = (...events: readonly unknown[]) => post({ events })

  /** The log of the token, newest first. */
  async function logOf(filter: ActivityFilter = { token: world.token }) {
    const { organization } = await world.owner.execute(ActivityDocument, { organization: 'acme', filter })
    return (organization?.activity.nodes ?? []).filter(({ action }) => action.startsWith('repository.'))
  }

  async function used(): Promise<number | undefined> {
    const { accessToken } = await world.owner.execute(AccessTokenDocument, { id: world.token })
    return accessToken?.usageLimit.used
  }

  async function tags(name = 'acme/app') {
    const { repository } = await world.owner.execute(RepositoryTagsDocument, { name })
    return repository?.tags.nodes
  }

  return { world, notification, push, post, report, logOf, used, tags }
}
