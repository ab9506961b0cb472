import type { EntityManager } from '@mikro-orm/postgresql'
import { statement, type ValueOf } from '../sql/statement.ts'
import { kysely } from '../sql/tables.ts'

const deleteByHash = statement((db, value: ValueOf<{ hash: Buffer }>) =>
  db
    .deleteFrom('sso_attempt')
    .where('secret_hash', '=', value('hash'))
    .returning([
      'organization_id as organizationId',
      'state',
      'nonce',
      'code_verifier as codeVerifier',
      'redirect_uri as redirectUri',
      'expires_at as expiresAt',
    ]),
)

/** Deletes a started sign-in and returns it, so that it counts once. */
export async function deleteAttempt(em: EntityManager, hash: Buffer) {
  return (await deleteByHash(em, { hash }))[0] ?? null
}

export async function deleteAttemptsOf(em: EntityManager, organizationId: string): Promise<void> {
  await kysely(em).deleteFrom('sso_attempt').where('organization_id', '=', organizationId).execute()
}

export async function deleteExpiredAttempts(em: EntityManager, organizationId: string, now: Date): Promise<void> {
  await kysely(em)
    .deleteFrom('sso_attempt')
    .where('organization_id', '=', organizationId)
    .where('expires_at', '<=', now.toISOString())
    .execute()
}
