import { randomBytes } from 'node:crypto'
import type { EntityManager } from '@mikro-orm/postgresql'
import { User } from '../model/user.ts'
import { hashPassword } from '../secrets/password.ts'
import { clientNetwork } from '../shared/client-network.ts'
import { createUser } from './create-user.ts'

/**
 * Makes the first administrator when the database holds no account yet. Answers the password that was generated for
 * them, to be shown once; null when one was given, or when nothing had to be made.
 */
export async function createAdministrator(
  em: EntityManager,
  administrator: { readonly username: string; readonly password: string | null },
  now: Date,
): Promise<{ readonly generatedPassword: string | null } | null> {
  return em.transactional(async (em) => {
    // Instances that start together on an empty database make one administrator between them.
    await em.execute('lock table user_account in share row exclusive mode')
    if ((await em.count(User, {})) > 0) return null
    const generatedPassword = administrator.password === null ? randomBytes(15).toString('base64url') : null
    const passwordHash = await hashPassword(administrator.password ?? generatedPassword ?? '', clientNetwork(null))
    const { username } = administrator
    await createUser(em, { username, email: null, displayName: username, passwordHash, isAdministrator: true }, now)
    return { generatedPassword }
  })
}
