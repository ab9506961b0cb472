import { type Kysely, sql } from 'kysely'
import type { ActivityActor } from '../journal/record-activity.ts'
import { hasOrganizationPermission } from '../policy/policy.ts'
import { actingPerson, type Principal } from '../policy/principal.ts'
import type { RequestContext } from '../policy/request-context.ts'
import { idPrefixOf } from '../shared/id.ts'
import type { Timestamp } from '../shared/timestamp.ts'
import { statement, type ValueOf } from '../sql/statement.ts'
import type { Tables } from '../sql/tables.ts'

/** An activity event as lists and answers need it. */
export interface ActivityEventRow {
  readonly id: string
  readonly at: Timestamp
  readonly action: string
  readonly actorKind: ActivityActor['kind']
  readonly actorId: string | null
  readonly actorName: string
  readonly tokenId: string | null
  readonly tokenLabel: string | null
  readonly target: string
  readonly ipAddress: string | null
  readonly userAgent: string | null
  readonly data: Readonly<Record<string, string>>
}

/** Activity events as `ActivityEventRow`s. */
export function selectEvents(db: Kysely<Tables>) {
  return db
    .selectFrom('activity_event as e')
    .select([
      'e.id',
      'e.at',
      'e.action',
      'e.actor_kind as actorKind',
      'e.actor_id as actorId',
      'e.actor_name as actorName',
      'e.token_id as tokenId',
      'e.token_label as tokenLabel',
      'e.target',
      sql<string | null>`host(e.ip_address)`.as('ipAddress'),
      'e.user_agent as userAgent',
      sql<Readonly<Record<string, string>>>`e.data`.as('data'),
    ])
}

const selectById = statement((db, value: ValueOf<{ organizationIds: readonly string[]; id: string }>) =>
  selectEvents(db)
    .where('e.namespace_id', '=', sql<string>`any(${value('organizationIds')})`)
    .where('e.id', '=', value('id')),
)

/** The event of that id, of an organization whose activity the caller may read; else null, whether it exists or not. */
export async function findActivityEvent(
  { em, principal }: Pick<RequestContext, 'em' | 'principal'>,
  id: string,
): Promise<ActivityEventRow | null> {
  if (idPrefixOf(id) !== 'evt') return null
  // The key begins with whose event it is: nobody has to be looked for who the caller has nothing to do with.
  const organizationIds = organizationsOf(principal).filter((each) =>
    hasOrganizationPermission(principal, each, 'ACTIVITY_READ'),
  )
  if (organizationIds.length === 0) return null
  const [event] = await selectById(em, { organizationIds, id })
  return event ?? null
}

function organizationsOf(principal: Principal): string[] {
  if (principal.kind === 'ORGANIZATION_TOKEN') return [principal.organization.id]
  return [...(actingPerson(principal)?.organizationAccess.keys() ?? [])]
}
