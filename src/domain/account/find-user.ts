import type { EntityManager } from '@mikro-orm/postgresql'
import { type Kysely, sql } from 'kysely'
import { isNamespaceName } from '../model/namespace.ts'
import { statement, type ValueOf } from '../sql/statement.ts'
import type { Tables } from '../sql/tables.ts'

/** A person as others see them, and the e-mail address for themself. */
export interface UserRow {
  readonly id: string
  readonly username: string
  readonly displayName: string
  readonly email: string | null
  readonly createdAt: string
}

const selectByName = statement((db, value: ValueOf<{ username: string }>) =>
  selectUsers(db).where('username', '=', value('username')),
)

/** The person of that name, or null. */
export async function findUser(em: EntityManager, username: string): Promise<UserRow | null> {
  if (!isNamespaceName(username)) return null
  const [user] = await selectByName(em, { username })
  return user ?? null
}

const selectByNames = statement((db, value: ValueOf<{ usernames: readonly string[] }>) =>
  selectUsers(db).where('username', '=', sql<string>`any(${value('usernames')})`),
)

/** The people of these usernames, in no order; what is nobody's name is left out. One statement. */
export function findUsersByName(em: EntityManager, usernames: readonly string[]): Promise<UserRow[]> {
  return selectByNames(em, { usernames: usernames.filter(isNamespaceName) })
}

const selectByIds = statement((db, value: ValueOf<{ ids: readonly string[] }>) =>
  selectUsers(db).where('id', '=', sql<string>`any(${value('ids')})`),
)

/** The people with these ids, in no order. */
export function findUsersById(em: EntityManager, ids: readonly string[]): Promise<UserRow[]> {
  return selectByIds(em, { ids })
}

/** People as `UserRow`s. */
export function selectUsers(db: Kysely<Tables>) {
  return db
    .selectFrom('user_account')
    .select(['id', 'username', 'display_name as displayName', 'email', 'created_at as createdAt'])
}
