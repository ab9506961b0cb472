import type { EntityManager } from '@mikro-orm/postgresql'
import { sql } from 'kysely'
import { sqlOf } from '../tables.ts'
import { isNamespaceName } from './namespace.ts'

/** A person as others see them, and the e-mail address for themself. */
export interface UserRow {
  readonly id: string
  readonly username: string
  readonly displayName: string
  readonly email: string | null
  readonly createdAt: string
}

/** The person of that name, or null. */
export async function findUser(em: EntityManager, username: string): Promise<UserRow | null> {
  if (!isNamespaceName(username)) return null
  return (await selectUsers(em).where('username', '=', username).executeTakeFirst()) ?? null
}

/** The people with these ids, in no order. */
export function findUsersById(em: EntityManager, ids: readonly string[]): Promise<UserRow[]> {
  return selectUsers(em).where('id', '=', sql<string>`any(${ids})`).execute()
}

function selectUsers(em: EntityManager) {
  return sqlOf(em)
    .selectFrom('user_account')
    .select(['id', 'username', 'display_name as displayName', 'email', 'created_at as createdAt'])
}
