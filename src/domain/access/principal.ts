import type { OrganizationRole } from '../account/membership.ts'
import type { OrganizationRow } from '../account/organization.ts'
import type { Plan } from '../account/plan.ts'
import type { TokenScope } from '../token/scope.ts'

/** Who is calling. Resolved once per request, before either door looks at what is asked. */
export type Principal = Anonymous | SessionPrincipal | OrganizationTokenPrincipal

export interface Anonymous {
  readonly kind: 'ANONYMOUS'
}

/** A person who signed in. */
export interface SessionPrincipal {
  readonly kind: 'SESSION'
  readonly sessionId: string
  readonly user: {
    readonly id: string
    readonly username: string
    readonly displayName: string
    readonly email: string | null
    readonly isAdministrator: boolean
    readonly createdAt: string
  }
  /** Every organization in which the person may do anything by role, by organization id. */
  readonly standings: ReadonlyMap<string, Standing>
}

/** What a person is in one organization. At least one of the two is set. */
export interface Standing {
  /** As it was when the caller was authenticated. */
  readonly organization: OrganizationRow
  /** Their role as a member; null for one who only owns the organization's company. */
  readonly role: OrganizationRole | null
  readonly ownsCompany: boolean
}

/** An organization token. It acts as the organization, never as a person. */
export interface OrganizationTokenPrincipal {
  readonly kind: 'ORGANIZATION_TOKEN'
  readonly token: {
    readonly id: string
    readonly label: string
    readonly secretId: string
    readonly pullLimit: number | null
    readonly everUsed: boolean
  }
  readonly organization: { readonly id: string; readonly name: string; readonly plan: Plan }
  readonly scopes: readonly TokenScope[]
}

export const anonymous: Anonymous = { kind: 'ANONYMOUS' }

/** What the principal is in an organization, by the organization's name; null: nothing. */
export function standingByName(principal: Principal, organizationName: string): Standing | null {
  if (principal.kind !== 'SESSION') return null
  for (const standing of principal.standings.values())
    if (standing.organization.name === organizationName) return standing
  return null
}

/** What the principal is in an organization, by its id; null: nothing. */
export function standingById(principal: Principal, organizationId: string): Standing | null {
  return principal.kind === 'SESSION' ? (principal.standings.get(organizationId) ?? null) : null
}

/** The person with one more standing: for the rest of the request that gave it to them. */
export function withStanding(person: SessionPrincipal, standing: Standing): SessionPrincipal {
  return { ...person, standings: new Map(person.standings).set(standing.organization.id, standing) }
}
