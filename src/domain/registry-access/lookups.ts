import type { EntityManager } from '@mikro-orm/postgresql'
import { findOrganizationTokens, findPersonalTokens, type UnusableToken } from '../identity/token-principal-store.ts'
import type { PlanTable } from '../model/plan.ts'
import type { OrganizationTokenPrincipal, PersonalTokenPrincipal } from '../policy/principal.ts'
import type { RequestContext } from '../policy/request-context.ts'
import { findRepositoriesByName, type NamedRepository, type RepositoryRow } from '../repository/repository-store.ts'
import { batched } from '../shared/batched.ts'
import { type CountOutcome, countPulls, type WantedPulls } from '../usage/count-pulls.ts'
import { LastReport } from '../usage/usage-limit.ts'
import type { LoginRecorder } from './login-recorder.ts'

/** The most repositories of a request whose lookup is shared with other requests. */
const maxShared = 10

/** The lookups of the token endpoint, batched over all of its requests. */
export interface Lookups {
  /** The organization token whose secret has this hash; null: there is no such token. */
  readonly organizationToken: (hash: Buffer) => Promise<OrganizationTokenPrincipal | UnusableToken | null>
  /** The personal token whose secret has this hash; null: there is no such token. */
  readonly personalToken: (hash: Buffer) => Promise<PersonalTokenPrincipal | UnusableToken | null>
  /** The repositories of a request, in the order of the names. */
  readonly repositories: (wanted: readonly NamedRepository[]) => Promise<Array<RepositoryRow | null>>
  readonly countPulls: (wanted: WantedPulls) => Promise<CountOutcome>
}

/** The context of a request to the token endpoint. */
export interface RegistryContext extends RequestContext {
  readonly lookups: Lookups
  /** Records logins with organization tokens. */
  readonly logins: LoginRecorder
}

export function createLookups(em: EntityManager, plans: PlanTable): Lookups {
  const lastReport = new LastReport()
  const count = batched((wanted: readonly WantedPulls[]) => countPulls(em, wanted, lastReport))
  const repository = batched(
    (wanted: readonly NamedRepository[]) => findRepositoriesByName(em, wanted),
    ({ name, userId }) => `${userId} ${name}`,
  )
  return {
    organizationToken: batched((hashes) => findOrganizationTokens(em, hashes, plans, new Date()), nameOfHash),
    personalToken: batched((hashes) => findPersonalTokens(em, hashes, new Date()), nameOfHash),
    // A long request has a statement of its own, so that others do not wait for it.
    repositories: (wanted) =>
      wanted.length > maxShared ? findRepositoriesByName(em, wanted) : Promise.all(wanted.map(repository)),
    countPulls: (wanted) =>
      wanted.limit === null && lastReport.isRecent(wanted.at) ? Promise.resolve('COUNTED') : count(wanted),
  }
}

function nameOfHash(hash: Buffer): string {
  return hash.toString('latin1')
}
