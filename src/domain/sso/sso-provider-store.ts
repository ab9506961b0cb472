import type { EntityManager } from '@mikro-orm/postgresql'
import { type Kysely, sql } from 'kysely'
import { isNamespaceName } from '../model/namespace.ts'
import { statement, type ValueOf } from '../sql/statement.ts'
import { kysely, type Tables } from '../sql/tables.ts'

/** A provider, without its client secret. */
export interface SsoProviderRow {
  readonly organizationId: string
  readonly issuer: string
  readonly clientId: string
  readonly redirectUris: readonly string[]
  readonly createdAt: string
}

/** A provider, with what a sign-in through it takes. */
export interface ConfiguredProvider extends SsoProviderRow {
  readonly organizationName: string
  /** Differs after each configuration, even of the same secret. */
  readonly encryptedClientSecret: Uint8Array
}

const selectByIds = statement((db, value: ValueOf<{ ids: readonly string[] }>) =>
  selectProviders(db).where('p.organization_id', '=', sql<string>`any(${value('ids')})`),
)

/** The providers of these organizations, in no order. One statement. */
export function findSsoProviders(em: EntityManager, organizationIds: readonly string[]): Promise<SsoProviderRow[]> {
  return selectByIds(em, { ids: organizationIds })
}

const selectByName = statement((db, value: ValueOf<{ name: string }>) =>
  selectConfigured(db).where('o.name', '=', value('name')),
)

/** The provider of the organization with that name. Null if it has no provider or does not exist. */
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

/** Locks a provider, unless it has been replaced or removed. Returns whether it is locked. */
export async function lockProvider(em: EntityManager, provider: ConfiguredProvider): Promise<boolean> {
  const unchanged = await kysely(em)
    .selectFrom('sso_provider')
    .select('organization_id')
    .where('organization_id', '=', provider.organizationId)
    .where('encrypted_client_secret', '=', provider.encryptedClientSecret)
    .forShare()
    .executeTakeFirst()
  return unchanged !== undefined
}

/** Inserts the provider of an organization, or replaces it. */
export async function insertOrReplaceProvider(
  em: EntityManager,
  { organizationId, issuer, clientId, redirectUris, createdAt }: SsoProviderRow,
  encryptedClientSecret: Buffer,
): Promise<void> {
  const columns = {
    issuer,
    client_id: clientId,
    encrypted_client_secret: encryptedClientSecret,
    redirect_uris: [...redirectUris],
    created_at: createdAt,
  }
  await kysely(em)
    .insertInto('sso_provider')
    .values({ organization_id: organizationId, ...columns })
    .onConflict((conflict) => conflict.column('organization_id').doUpdateSet(columns))
    .execute()
}

/** Returns the deleted provider's issuer, or null if there was no provider. */
export async function deleteProvider(em: EntityManager, organizationId: string): Promise<string | null> {
  const deleted = await kysely(em)
    .deleteFrom('sso_provider')
    .where('organization_id', '=', organizationId)
    .returning('issuer')
    .executeTakeFirst()
  return deleted?.issuer ?? null
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
