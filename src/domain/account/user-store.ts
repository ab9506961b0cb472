import type { EntityManager } from '@mikro-orm/postgresql'
import { type Kysely, sql } from 'kysely'
import { isNamespaceName } from '../model/namespace.ts'
import { User } from '../model/user.ts'
import { statement, type ValueOf } from '../sql/statement.ts'
import { kysely, type Tables } from '../sql/tables.ts'

/** A person. Only the person sees the e-mail address. */
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

export async function findUser(em: EntityManager, username: string): Promise<UserRow | null> {
  if (!isNamespaceName(username)) return null
  const [user] = await selectByName(em, { username })
  return user ?? null
}

const selectByNames = statement((db, value: ValueOf<{ usernames: readonly string[] }>) =>
  selectUsers(db).where('username', '=', sql<string>`any(${value('usernames')})`),
)

/** The people with these usernames, in no order. Unknown usernames are left out. */
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

/** Locks the row of a person, so that no other transaction generates a token for them meanwhile. */
export async function lockUser(em: EntityManager, id: string): Promise<void> {
  await kysely(em).selectFrom('user_account').select('id').where('id', '=', id).forNoKeyUpdate().execute()
}

/** Whose password it is, and its hash. */
export interface UserPassword {
  readonly userId: string
  readonly passwordHash: string
}

/** Locks a person's row if the person still has that password. Returns whether they have. */
export async function lockUserWithPassword(
  em: EntityManager,
  { userId, passwordHash }: UserPassword,
  lock: 'forShare' | 'forNoKeyUpdate',
): Promise<boolean> {
  const query = kysely(em)
    .selectFrom('user_account')
    .select('id')
    .where('id', '=', userId)
    .where('password_hash', '=', passwordHash)
  return (await query[lock]().executeTakeFirst()) !== undefined
}

/** Replaces a password. Returns false, and changes nothing, if the person no longer has the old one. */
export async function updatePasswordHash(
  em: EntityManager,
  { userId, passwordHash }: UserPassword,
  newHash: string,
): Promise<boolean> {
  const changed = await em.nativeUpdate(User, { id: userId, passwordHash }, { passwordHash: newHash })
  return changed > 0
}

/** Keeps other transactions from creating accounts until the transaction that `em` is in ends. */
export async function lockUserTable(em: EntityManager): Promise<void> {
  await em.execute('lock table user_account in share row exclusive mode')
}
