import { type Principal, personBehind } from '../policy/principal.ts'
import type { Settings } from '../policy/request-context.ts'
import { pullLimitOf, pullLimitOfPerson, usageWindowAt } from '../usage/usage-limit.ts'
import type { RegistryContext } from './lookups.ts'
import { recordUsedUpPulls } from './record-denied-access.ts'

/** Thrown when the pulls of a usage window are used up. Logins and pushes still work. */
export class PullLimitReached extends Error {
  readonly limit: number
  readonly resetsAt: Date

  constructor(limit: number, resetsAt: Date) {
    super(`All ${limit} pulls of the usage window are used up. It ends at ${resetsAt.toISOString()}.`)
    this.name = 'PullLimitReached'
    this.limit = limit
    this.resetsAt = resetsAt
  }
}

/** Thrown when the token or the account has been deleted since it was authenticated. */
export class SubjectDeleted extends Error {
  override readonly name = 'SubjectDeleted'
}

/**
 * Counts a granted pull of each repository: those of an organization token by themselves, those of a person together
 * for all of their tokens and the password, and those of anonymous clients by network. Throws `PullLimitReached` and
 * `SubjectDeleted`.
 */
export async function countGrantedPulls(context: RegistryContext, repositories: readonly string[]): Promise<void> {
  const { lookups, principal, settings, now, origin } = context
  const subject = countedSubject(principal, settings)
  const limit = subject === null ? settings.anonymousPulls : subject.limit
  if (subject === null && limit === null) return
  const outcome = await lookups.countPulls({
    subject,
    at: now,
    grantSeconds: settings.grantSeconds,
    repositories,
    ipAddress: origin.ipAddress,
    userAgent: origin.userAgent,
    limit,
  })
  if (outcome === 'NO_SUBJECT') throw new SubjectDeleted()
  if (outcome !== 'LIMIT_REACHED') return
  recordUsedUpPulls(context)
  throw new PullLimitReached(limit ?? 0, usageWindowAt(now).endsAt)
}

/** Whose pulls count together. */
export interface CountedSubject {
  readonly namespaceId: string
  /** The organization token, or the person, whose id is also the namespace's. */
  readonly subjectId: string
  /** Pulls per window. Null means unlimited. */
  readonly limit: number | null
}

/** Null for anonymous clients. */
export function countedSubject(principal: Principal, { plans }: Settings): CountedSubject | null {
  if (principal.kind === 'ORGANIZATION_TOKEN') {
    const { token, organization } = principal
    const limit = pullLimitOf(token.pullLimit, plans[organization.plan])
    return { namespaceId: organization.id, subjectId: token.id, limit }
  }
  const person = personBehind(principal)
  if (person === null) return null
  return { namespaceId: person.user.id, subjectId: person.user.id, limit: pullLimitOfPerson(person, plans) }
}
