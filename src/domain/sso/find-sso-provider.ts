import type { EntityManager } from '@mikro-orm/postgresql'
import { type Kysely, sql } from 'kysely'
import { isNamespaceName } from '../model/namespace.ts'
import type { RequestContext } from '../policy/request-context.ts'
import { decrypt } from '../secrets/secret-key.ts'
import { statement, type ValueOf } from '../sql/statement.ts'
import type { Tables } from '../sql/tables.ts'
import type { OpenidClient } from './openid.ts'

/** A provider as answers need it: without the secret. */
export interface SsoProviderRow {
  readonly organizationId: string
  readonly issuer: string
  readonly clientId: string
  readonly redirectUris: readonly string[]
  readonly createdAt: string
}

/** A provider to sign in through. */
export interface ConfiguredProvider extends SsoProviderRow {
  readonly organizationName: string
  /** Other bytes at each configuration, of the same secret, too. */
  readonly encryptedClientSecret: Uint8Array
}

const selectByIds = statement((db, value: ValueOf<{ ids: readonly string[] }>) =>
  selectProviders(db).where('p.organization_id', '=', sql<string>`any(${value('ids')})`),
)

/** The providers of these organizations, in no order, whoever asks. One statement. */
export function findSsoProviders(em: EntityManager, organizationIds: readonly string[]): Promise<SsoProviderRow[]> {
  return selectByIds(em, { ids: organizationIds })
}

const selectByName = statement((db, value: ValueOf<{ name: string }>) =>
  selectConfigured(db).where('o.name', '=', value('name')),
)

/** The provider of the organization of that name; null when there is none, or no such organization. */
export async function findProviderByName(em: EntityManager, name: string): Promise<ConfiguredProvider | null> {
  return isNamespaceName(name) ? ((await selectByName(em, { name }))[0] ?? null) : null
}

const selectById = statement((db, value: ValueOf<{ id: string }>) =>
  selectConfigured(db).where('o.id', '=', value('id')),
)

/** As `findProviderByName`, by the organization's id. */
export async function findProviderById(em: EntityManager, id: string): Promise<ConfiguredProvider | null> {
  return (await selectById(em, { id }))[0] ?? null
}

/** Postern as the provider knows it. */
export function openidClientOf({ settings }: RequestContext, provider: ConfiguredProvider): OpenidClient {
  const clientSecret = decrypt(Buffer.from(provider.encryptedClientSecret), settings.encryptionKey).toString()
  return { issuer: provider.issuer, clientId: provider.clientId, clientSecret }
}

function selectProviders(db: Kysely<Tables>) {
  return db
    .selectFrom('sso_provider as p')
    .select([
      'p.organization_id as organizationId',
      'p.issuer',
      'p.client_id as clientId',
      'p.redirect_uris as redirectUris',
      'p.created_at as createdAt',
    ])
}

function selectConfigured(db: Kysely<Tables>) {
  return selectProviders(db)
    .innerJoin('organization as o', 'o.id', 'p.organization_id')
    .select(['o.name as organizationName', 'p.encrypted_client_secret as encryptedClientSecret'])
}
