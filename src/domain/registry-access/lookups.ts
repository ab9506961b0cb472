import type { EntityManager } from '@mikro-orm/postgresql'
import { findOrganizationTokens } from '../identity/authenticate-bearer.ts'
import { findPersonalTokens } from '../identity/find-principals.ts'
import type { RejectedToken } from '../identity/reject-unusable-token.ts'
import type { OrganizationTokenPrincipal, PersonalTokenPrincipal } from '../policy/principal.ts'
import type { RequestContext } from '../policy/request-context.ts'
import { findRepositoriesByName, type NamedRepository, type RepositoryRow } from '../repository/find-repository.ts'
import { batched } from '../shared/batched.ts'
import { type CountOutcome, countPulls, type WantedPulls } from '../usage/count-pulls.ts'
import { LastReport } from '../usage/last-report.ts'

/** What the registry door asks the database for, of all its requests together. */
export interface Lookups {
  /** The organization token whose secret has this hash, usable or refused. */
  readonly organizationToken: (hash: Buffer) => Promise<OrganizationTokenPrincipal | RejectedToken | null>
  /** The personal token whose secret has this hash, usable or refused. */
  readonly personalToken: (hash: Buffer) => Promise<PersonalTokenPrincipal | RejectedToken | null>
  readonly repository: (wanted: NamedRepository) => Promise<RepositoryRow | null>
  readonly countPulls: (wanted: WantedPulls) => Promise<CountOutcome>
}

/** A call on the domain through the registry's door. */
export interface RegistryContext extends RequestContext {
  readonly lookups: Lookups
}

export function createLookups(em: EntityManager): Lookups {
  const lastReport = new LastReport()
  const count = batched((wanted: readonly WantedPulls[]) => countPulls(em, wanted, lastReport))
  return {
    organizationToken: batched((hashes) => findOrganizationTokens(em, hashes, new Date()), nameOfHash),
    personalToken: batched((hashes) => findPersonalTokens(em, hashes, new Date()), nameOfHash),
    repository: batched(
      (wanted) => findRepositoriesByName(em, wanted),
      ({ name, userId }) => `${userId} ${name}`,
    ),
    countPulls: (wanted) =>
      wanted.limit === null && lastReport.isRecent(wanted.at) ? Promise.resolve('COUNTED') : count(wanted),
  }
}

function nameOfHash(hash: Buffer): string {
  return hash.toString('latin1')
}
