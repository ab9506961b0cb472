import DataLoader from 'dataloader'
import { findOrganizationsById, type OrganizationRow } from '../domain/account/find-organization.ts'
import { findUsersById, type UserRow } from '../domain/account/find-user.ts'
import type { Call } from '../domain/call.ts'
import { findScopes, findSecrets, type SecretRow } from '../domain/token/find-token.ts'
import type { TokenScope } from '../domain/token/scope.ts'
import { findLastUses, findPulls, type LastUseRow } from '../domain/usage/find-usage.ts'

/** Looks things up by id for all fields of a request at once: one statement each, whatever the number of ids. */
export interface Loaders {
  readonly userById: DataLoader<string, UserRow | null>
  /** Null also where the caller may not know of the organization. */
  readonly organizationById: DataLoader<string, OrganizationRow | null>
  readonly lastUseByToken: DataLoader<string, LastUseRow | null>
  /** Pulls in the current usage window. */
  readonly pullsByToken: DataLoader<string, number>
  readonly scopesByToken: DataLoader<string, readonly TokenScope[]>
  /** Newest first. */
  readonly secretsByToken: DataLoader<string, readonly SecretRow[]>
}

/** Loaders for one request. They cache, so they must not outlive it. */
export function createLoaders({ em, principal, now }: Call): Loaders {
  return {
    userById: new DataLoader(async (ids) => {
      const byId = new Map((await findUsersById(em, ids)).map((user) => [user.id, user]))
      return ids.map((id) => byId.get(id) ?? null)
    }),
    organizationById: new DataLoader(async (ids) => {
      const found = await findOrganizationsById(em, principal, ids)
      const byId = new Map(found.map((organization) => [organization.id, organization]))
      return ids.map((id) => byId.get(id) ?? null)
    }),
    lastUseByToken: new DataLoader(async (ids) => {
      const byToken = new Map((await findLastUses(em, ids)).map((use) => [use.tokenId, use]))
      return ids.map((id) => byToken.get(id) ?? null)
    }),
    pullsByToken: new DataLoader(async (ids) => {
      const byToken = new Map((await findPulls(em, ids, now)).map((count) => [count.tokenId, count.pulls]))
      return ids.map((id) => byToken.get(id) ?? 0)
    }),
    scopesByToken: new DataLoader(async (ids) => {
      const byToken = Map.groupBy(await findScopes(em, ids), ({ tokenId }) => tokenId)
      return ids.map((id) => byToken.get(id)?.map(({ scope }) => scope) ?? [])
    }),
    secretsByToken: new DataLoader(async (ids) => {
      const byToken = Map.groupBy(await findSecrets(em, ids), ({ tokenId }) => tokenId)
      return ids.map((id) => byToken.get(id) ?? [])
    }),
  }
}
