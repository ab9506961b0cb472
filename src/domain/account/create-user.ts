import type { EntityManager } from '@mikro-orm/postgresql'
import { Namespace } from '../model/namespace.ts'
import { User } from '../model/user.ts'
import { newId } from '../shared/id.ts'

export interface NewUser {
  readonly username: string
  readonly email: string | null
  readonly displayName: string
  readonly passwordHash: string
  readonly isAdministrator: boolean
}

/** Adds a person and their namespace to the transaction that `em` is in. */
export async function createUser(em: EntityManager, user: NewUser, now: Date): Promise<User> {
  const id = newId('usr', now)
  await em.insert(Namespace, { id, name: user.username, kind: 'USER' })
  return em.create(User, { id, ...user, createdAt: now })
}
