import type { Client } from 'pg'
import type { ChainedEvent } from '../../src/domain/activity/chained-event.ts'
import { copyRows, type Row } from './copy-rows.ts'
import { seedActivity } from './seed-activity.ts'
import {
  createdAt,
  idOf,
  isActive,
  isForAllRepositories,
  memberNumbers,
  organizationCount,
  organizationId,
  organizationName,
  repositoriesPerOrganization,
  repositoryNumber,
  repositoryPath,
  secretHash,
  secretOf,
  tokenPlace,
  username,
  type World,
} from './world.ts'

const sessionEnd = new Date(Date.UTC(2100, 0, 1))
const tokenEnd = new Date(Date.UTC(2099, 0, 1))
const clients = ['docker/29.1.3 go/go1.25', 'containers/5.36 (github.com/containers/image)', 'containerd/2.2.0']

/** Fills an empty, migrated database. */
export async function seedWorld(client: Client, world: World): Promise<void> {
  const copy = (table: string, columns: string, rows: Iterable<Row>) => copyRows(client, table, columns, rows)
  await copy('namespace', 'id, name, kind', namespaces(world))
  await copy(
    'user_account',
    'id, username, email, display_name, password_hash, is_administrator, created_at',
    people(world),
  )
  await copy('session', 'id, user_id, secret_hash, created_at, expires_at, ip_address, user_agent', sessions(world))
  await copy('organization', 'id, name, display_name, plan, created_at', organizations(world))
  await copy('membership', 'organization_id, user_id, role, joined_at', memberships(world))
  await copy('repository', 'namespace_id, id, path, description, visibility, created_at', repositories(world))
  await copy(
    'access_token',
    'namespace_id, id, label, description, pull_limit, created_at, created_by_id, expires_at, deactivated_at',
    tokens(world),
  )
  await copy(
    'access_token_secret',
    'namespace_id, token_id, id, hash, hint, created_at, expires_at, last_used_at',
    secrets(world),
  )
  await copy(
    'access_token_scope',
    'namespace_id, token_id, position, kind, repository_namespace_id, repository_id, permissions',
    scopes(world),
  )
  await copy('access_token_address', 'namespace_id, token_id, network, first_used_at', addresses(world))
  await copy('access_token_last_use', 'namespace_id, token_id, at, ip_address, client, repository', lastUses(world))
  await seedActivity(client, events(world))
}

function* numbers(count: number): Generator<number> {
  for (let n = 0; n < count; n++) yield n
}

const personId = (world: World, n: number) => idOf('usr', n, organizationCount(world))
const repositoryId = (world: World, n: number) => idOf('rep', n, organizationCount(world) * repositoriesPerOrganization)

function* namespaces(world: World): Generator<Row> {
  for (const n of numbers(organizationCount(world))) {
    yield [organizationId(world, n), organizationName(n), 'ORGANIZATION']
    yield [personId(world, n), username(n), 'USER']
  }
}

function* people(world: World): Generator<Row> {
  for (const n of numbers(organizationCount(world)))
    yield [
      personId(world, n),
      username(n),
      `${username(n)}@example.com`,
      `Person ${n}`,
      'no password',
      false,
      createdAt(0, 1),
    ]
}

function* sessions(world: World): Generator<Row> {
  const count = organizationCount(world)
  for (const n of numbers(count))
    yield [
      idOf('ses', n, count),
      personId(world, n),
      secretHash(secretOf('ses', n)),
      createdAt(0, 1),
      sessionEnd,
      '192.0.2.1',
      'benchmark',
    ]
}

function* organizations(world: World): Generator<Row> {
  for (const n of numbers(organizationCount(world)))
    yield [organizationId(world, n), organizationName(n), `Organization ${n}`, 'BUSINESS', createdAt(0, 1)]
}

function* memberships(world: World): Generator<Row> {
  for (const n of numbers(organizationCount(world)))
    for (const [index, member] of memberNumbers(world, n).entries())
      yield [organizationId(world, n), personId(world, member), index === 0 ? 'OWNER' : 'EDITOR', createdAt(0, 1)]
}

function* repositories(world: World): Generator<Row> {
  for (const n of numbers(organizationCount(world)))
    for (const position of numbers(repositoriesPerOrganization))
      yield [
        organizationId(world, n),
        repositoryId(world, repositoryNumber(n, position)),
        repositoryPath(position),
        `What service ${position} runs`,
        position === 0 ? 'PUBLIC' : 'PRIVATE',
        createdAt(0, 1),
      ]
}

function* tokens(world: World): Generator<Row> {
  for (const n of numbers(world.tokens)) {
    const { organization, position } = tokenPlace(world, n)
    const members = memberNumbers(world, organization)
    const end = position % 2 === 0 ? tokenEnd : null
    yield [
      organizationId(world, organization),
      idOf('tok', n, world.tokens),
      labelOf(position),
      position % 3 === 0 ? 'Made by a pipeline' : null,
      position % 4 === 0 ? 1_000_000 : null,
      createdAt(n, world.tokens),
      personId(world, members[position % members.length] ?? organization),
      isActive(position) ? end : position % 10 === 0 ? createdAt(n + 1, world.tokens) : null,
      position % 10 === 1 ? createdAt(n + 1, world.tokens) : null,
    ]
  }
}

function labelOf(position: number): string {
  return `pipeline ${position}`
}

function* secrets(world: World): Generator<Row> {
  for (const n of numbers(world.tokens)) {
    const secret = secretOf('oat', n)
    yield [
      organizationId(world, tokenPlace(world, n).organization),
      idOf('tok', n, world.tokens),
      idOf('sec', n, world.tokens),
      secretHash(secret),
      secret.slice(-4),
      createdAt(n, world.tokens),
      null,
      usedAt(world, n),
    ]
  }
}

function usedAt(world: World, token: number): Date {
  return createdAt(token + 0.5, world.tokens)
}

/** Every token may push to one repository by name, or to all, and has one other permission. */
function* scopes(world: World): Generator<Row> {
  for (const n of numbers(world.tokens)) {
    const { organization, position } = tokenPlace(world, n)
    const place = [organizationId(world, organization), idOf('tok', n, world.tokens)] as const
    const scopeOf = (at: number) =>
      repositoryId(world, repositoryNumber(organization, (position + at) % repositoriesPerOrganization))
    if (isForAllRepositories(position)) {
      yield [...place, 0, 'ALL_REPOSITORIES', null, null, ['IMAGE_PUSH']]
      yield [...place, 1, 'ORGANIZATION', null, null, ['REPOSITORY_CREATE', 'REPOSITORY_LIST']]
    } else {
      yield [...place, 0, 'NAMED_REPOSITORY', place[0], scopeOf(0), ['IMAGE_PUSH', 'REPOSITORY_READ']]
      yield [...place, 1, 'NAMED_REPOSITORY', place[0], scopeOf(1), ['IMAGE_PULL']]
    }
  }
}

/** The address of this machine, so that no pipeline comes from a new address. */
function* addresses(world: World): Generator<Row> {
  for (const n of numbers(world.tokens)) {
    const { organization } = tokenPlace(world, n)
    yield [organizationId(world, organization), idOf('tok', n, world.tokens), '127.0.0.1/32', usedAt(world, n)]
  }
}

function* lastUses(world: World): Generator<Row> {
  for (const n of numbers(world.tokens)) {
    const { organization, position } = tokenPlace(world, n)
    yield [
      organizationId(world, organization),
      idOf('tok', n, world.tokens),
      usedAt(world, n),
      `198.51.100.${position}`,
      clients[position % clients.length] ?? null,
      `${organizationName(organization)}/${repositoryPath(position % repositoriesPerOrganization)}`,
    ]
  }
}

function* events(world: World): Generator<Omit<ChainedEvent, 'position' | 'hash'>> {
  for (const n of numbers(world.events)) {
    const token = n % world.tokens
    const { organization, position } = tokenPlace(world, token)
    yield {
      namespaceId: organizationId(world, organization),
      id: idOf('evt', n, world.events),
      at: createdAt(n, world.events).toISOString(),
      action: n < world.tokens ? 'access_token.create' : 'access_token.update',
      actorKind: 'USER',
      actorId: personId(world, organization),
      actorName: username(organization),
      tokenId: idOf('tok', token, world.tokens),
      tokenLabel: labelOf(position),
      target: labelOf(position),
      ipAddress: '192.0.2.1/32',
      userAgent: 'benchmark',
      requestId: `request-${n}`,
      data: '{"scopes": "every repository"}',
    }
  }
}
