import DataLoader from 'dataloader'
import { findOrganizationsById } from '../domain/account/find-organization.ts'
import { findNamespaceIds } from '../domain/account/namespace-store.ts'
import { findUsersById, findUsersByName, type UserRow } from '../domain/account/user-store.ts'
import { findCompanyOwners } from '../domain/company/company-owner-store.ts'
import type { CompanyRow } from '../domain/company/company-store.ts'
import { findCompaniesById } from '../domain/company/find-company.ts'
import { findCompanyOrganizations } from '../domain/company/find-company-organizations.ts'
import { findGroupRepositories, type GroupRepositoryRow } from '../domain/group/find-group-repositories.ts'
import {
  countGroupMembers,
  findGroupMembers,
  type GroupMemberRow,
  type GroupMembersWanted,
} from '../domain/group/group-member-store.ts'
import { findGroupsById, type GroupRow } from '../domain/group/group-store.ts'
import { findScopes } from '../domain/identity/scope-store.ts'
import { findSecrets, type SecretRow } from '../domain/identity/secret-store.ts'
import type { OrganizationRow } from '../domain/model/organization.ts'
import type { ScopeRow } from '../domain/model/scope.ts'
import {
  countDeliveries,
  type DeliveriesWanted,
  type DeliveryRow,
  findDeliveries,
} from '../domain/notice/delivery-store.ts'
import type { RequestContext } from '../domain/policy/request-context.ts'
import { findRefusedAttempts, type RefusedAttemptRow } from '../domain/refusal/refused-attempt-store.ts'
import { findRepositories, findRepositoriesById } from '../domain/repository/find-repository.ts'
import type { RepositoryRow } from '../domain/repository/repository-store.ts'
import type { TokenPage } from '../domain/sql/token-page.ts'
import { findSsoProviders, type SsoProviderRow } from '../domain/sso/sso-provider-store.ts'
import { findVisibleTokens } from '../domain/token/require-token.ts'
import {
  countListedTokens,
  type ListedToken,
  listTokenPages,
  type TokensCounted,
  type TokensWanted,
} from '../domain/token/token-list-store.ts'
import type { OwnedToken } from '../domain/token/token-store.ts'
import { countTokens } from '../domain/token/token-store.ts'
import { findUsage, type UsageRow } from '../domain/usage/token-usage-store.ts'

/**
 * Lookups for all fields of a request together: one statement for each loader, whatever the number of objects. Data of
 * tokens is loaded for a whole page, with one statement for each organization with requested tokens.
 */
export interface Loaders {
  readonly userById: DataLoader<string, UserRow | null>
  readonly userByUsername: DataLoader<string, UserRow | null>
  /** Also null if the caller cannot see the organization. */
  readonly organizationById: DataLoader<string, OrganizationRow | null>
  /** Does not check the caller: only for companies that the caller can see, or of organizations that they govern. */
  readonly companyById: DataLoader<string, CompanyRow | null>
  /** Owners of a company, sorted by username. */
  readonly companyOwners: DataLoader<string, readonly UserRow[]>
  /** Organizations of a company that the caller can see. */
  readonly companyOrganizations: DataLoader<string, readonly OrganizationRow[]>
  /** Does not check the caller: only for groups of resources that the caller can see. */
  readonly groupById: DataLoader<string, GroupRow | null>
  /** A page of the members of a group, and one more member if the list continues. */
  readonly groupMembers: DataLoader<GroupMembersWanted, readonly GroupMemberRow[], string>
  readonly groupMemberCount: DataLoader<GroupRow, number, string>
  /** Repositories of a group that the caller can see. */
  readonly groupRepositories: DataLoader<GroupRow, readonly GroupRepositoryRow[], string>
  /** The namespace that a token, webhook, delivery or group is in, by the id of that. Does not check the caller. */
  readonly namespaceIdOf: DataLoader<string, string | null>
  /** By the organization's id. Does not check the caller. */
  readonly ssoProviderByOrganization: DataLoader<string, SsoProviderRow | null>
  /** Null if the caller cannot see the token, whether it exists or not. */
  readonly visibleToken: DataLoader<string, OwnedToken | null>
  readonly tokenPage: DataLoader<TokensWanted, readonly ListedToken[], string>
  /** For lists with a filter. */
  readonly listedTokenCount: DataLoader<TokensCounted, number, string>
  /** Null if the caller cannot see the repository, whether it exists or not. */
  readonly repositoryById: DataLoader<string, RepositoryRow | null>
  readonly repositoryByName: DataLoader<string, RepositoryRow | null>
  /** By the id of the organization or the person. */
  readonly tokenCount: DataLoader<string, number>
  /** A page of the deliveries to a webhook, and one more delivery if the list continues. */
  readonly deliveries: DataLoader<DeliveriesWanted, readonly DeliveryRow[], string>
  readonly deliveryCount: DataLoader<DeliveriesWanted, number, string>
  /** In the order of the input. */
  readonly scopes: PageLoader<ScopeRow>
  /** The last use, and the pulls in the current window: at most one row per token. */
  readonly usage: PageLoader<UsageRow>
  /** Newest first. */
  readonly secrets: PageLoader<SecretRow>
  /** Newest first, at most 20 per token. */
  readonly refusedAttempts: PageLoader<RefusedAttemptRow>
}

/** Rows by the token's id. A promise for each token, instead of each page, would take longer than the statement. */
type PageLoader<Row> = DataLoader<TokenPage, ReadonlyMap<string, readonly Row[]>>

/** Loaders for one request. They cache, so they must not outlive it. */
export function createLoaders(context: RequestContext): Loaders {
  const { em, principal, now } = context
  return {
    userById: new DataLoader(async (ids) => inOrder(ids, await findUsersById(em, ids))),
    userByUsername: new DataLoader(async (names) => {
      const byName = new Map((await findUsersByName(em, names)).map((row) => [row.username, row]))
      return names.map((name) => byName.get(name) ?? null)
    }),
    organizationById: new DataLoader(async (ids) => inOrder(ids, await findOrganizationsById(em, principal, ids))),
    companyById: new DataLoader(async (ids) => inOrder(ids, await findCompaniesById(em, principal, ids))),
    companyOwners: new DataLoader((ids) => findCompanyOwners(em, ids)),
    companyOrganizations: new DataLoader((ids) => findCompanyOrganizations(em, principal, ids)),
    groupById: new DataLoader(async (ids) => inOrder(ids, await findGroupsById(em, ids))),
    groupMembers: new DataLoader((wanted) => findGroupMembers(em, wanted), {
      cacheKeyFn: ({ group, page }) => keyOf([group.id, page]),
    }),
    groupMemberCount: new DataLoader((groups) => countGroupMembers(em, groups), { cacheKeyFn: ({ id }) => id }),
    groupRepositories: new DataLoader((groups) => findGroupRepositories(em, principal, groups), {
      cacheKeyFn: ({ id }) => id,
    }),
    namespaceIdOf: new DataLoader((ids) => findNamespaceIds(em, ids)),
    ssoProviderByOrganization: new DataLoader(async (ids) => {
      const byOrganization = new Map((await findSsoProviders(em, ids)).map((row) => [row.organizationId, row]))
      return ids.map((id) => byOrganization.get(id) ?? null)
    }),
    visibleToken: new DataLoader(async (ids) => inOrder(ids, await findVisibleTokens(context, ids))),
    tokenPage: new DataLoader((pages: readonly TokensWanted[]) => listTokenPages(em, pages, now), {
      cacheKeyFn: keyOf,
    }),
    listedTokenCount: new DataLoader((lists: readonly TokensCounted[]) => countListedTokens(em, lists, now), {
      cacheKeyFn: keyOf,
    }),
    repositoryById: new DataLoader(async (ids) => inOrder(ids, await findRepositoriesById(em, principal, ids))),
    repositoryByName: new DataLoader((names) => findRepositories(em, principal, names)),
    tokenCount: new DataLoader((ids) => countTokens(em, ids)),
    deliveries: new DataLoader((wanted) => findDeliveries(em, wanted), {
      cacheKeyFn: ({ webhook, page, status }) => keyOf([webhook.id, page, status]),
    }),
    deliveryCount: new DataLoader((wanted) => countDeliveries(em, wanted), {
      cacheKeyFn: ({ webhook, status }) => keyOf([webhook.id, status]),
    }),
    scopes: new DataLoader((pages) => findScopes(em, pages)),
    usage: new DataLoader((pages) => findUsage(em, pages, now)),
    secrets: new DataLoader((pages) => findSecrets(em, pages, now)),
    refusedAttempts: new DataLoader((pages) => findRefusedAttempts(em, pages)),
  }
}

function inOrder<Row extends { readonly id: string }>(ids: readonly string[], rows: readonly Row[]): Array<Row | null> {
  const byId = new Map(rows.map((row) => [row.id, row]))
  return ids.map((id) => byId.get(id) ?? null)
}

function keyOf(wanted: object): string {
  return JSON.stringify(wanted)
}
