import { randomBytes } from 'node:crypto'
import type { EntityManager } from '@mikro-orm/postgresql'
import { User } from '../model/user.ts'
import { hashPassword } from '../secrets/password.ts'
import { clientNetwork } from '../shared/client-network.ts'
import { createUser } from './create-user.ts'
import { lockUserTable } from './user-store.ts'

/**
 * Creates the first administrator if the database has no account. Returns the password that was generated, to be shown
 * once, or null for it if the operator set one. Returns null if there was an account.
 */
export async function createAdministrator(
  em: EntityManager,
  administrator: { readonly username: string; readonly password: string | null },
  now: Date,
): Promise<{ readonly generatedPassword: string | null } | null> {
  return em.transactional(async (em) => {
    // Several instances may start on an empty database at once. Only one creates the administrator.
    await lockUserTable(em)
    if ((await em.count(User, {})) > 0) return null
    const { username } = administrator
    const password = administrator.password ?? randomBytes(15).toString('base64url')
    const passwordHash = await hashPassword(password, clientNetwork(null))
    await createUser(em, { username, email: null, displayName: username, passwordHash, isAdministrator: true }, now)
    return { generatedPassword: administrator.password === null ? password : null }
  })
}
