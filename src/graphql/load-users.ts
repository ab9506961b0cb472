import type { UserRow } from '../domain/account/user-store.ts'
import type { Loaders } from './loaders.ts'

/** The people with these ids, by id. Each id is requested once, because a list has many items of few people. */
export async function loadUsers(
  ids: ReadonlyArray<string | null>,
  { userById }: Loaders,
): Promise<ReadonlyMap<string, UserRow>> {
  const users = await Promise.all([...new Set(ids)].map((id) => (id === null ? null : userById.load(id))))
  return new Map(users.flatMap((user) => (user === null ? [] : [[user.id, user]])))
}
