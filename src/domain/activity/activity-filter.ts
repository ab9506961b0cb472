import { sql } from 'kysely'
import { activityActions } from '../model/activity-action.ts'
import { isNamespaceName } from '../model/namespace.ts'
import { Denied } from '../shared/errors.ts'
import { idPrefixOf, leastIdAt } from '../shared/id.ts'
import type { selectEvents } from './find-activity-event.ts'

/** Which events to list. Absent members do not narrow the list; present ones all have to hold. */
export interface ActivityFilter {
  /** What happened: one of these actions. */
  readonly actions?: readonly string[] | null | undefined
  /** The name of who did it, as it was recorded. */
  readonly actor?: string | null | undefined
  /** The id of the token it was done to or with. */
  readonly token?: string | null | undefined
  /** The full name of the repository it was done to, or to a tag or an image of it. */
  readonly repository?: string | null | undefined
  /** At this moment or later. */
  readonly from?: Date | null | undefined
  /** Before this moment. */
  readonly to?: Date | null | undefined
}

const knownActions: ReadonlySet<string> = new Set(activityActions)

/**
 * Throws `Denied` (BAD_USER_INPUT) for a filter that no event can ever pass: an empty list would look as if nothing had
 * happened.
 */
export function checkFilter({ actions, from, to }: ActivityFilter): void {
  if (actions?.length === 0) throw badInput('Name at least one action in `actions`, or leave it out.')
  if (actions?.some((action) => !knownActions.has(action)))
    throw badInput(`\`actions\` takes the names of actions: ${activityActions.join(', ')}.`)
  if (from && to && to < from)
    throw badInput('`to` comes after `from`: it is the first moment that is no longer listed.')
}

function badInput(message: string): Denied {
  return new Denied('BAD_USER_INPUT', message)
}

type EventQuery = ReturnType<typeof selectEvents>

/** The events that a filter leaves. */
export function applyFilter(
  events: EventQuery,
  { actions, actor, token, repository, from, to }: ActivityFilter,
): EventQuery {
  let query = events
  if (actions) query = query.where('e.action', '=', sql<string>`any(${[...new Set(actions)]}::text[])`)
  if (typeof actor === 'string') query = query.where('e.actor_name', '=', isNamespaceName(actor) ? actor : '')
  if (typeof token === 'string') query = query.where('e.token_id', '=', idPrefixOf(token) === 'tok' ? token : '')
  if (typeof repository === 'string') {
    const name = storable(repository)
    query = query.where((where) =>
      where.or([
        where('e.target', '=', name),
        sql<boolean>`starts_with(e.target, ${`${name}:`})`,
        sql<boolean>`starts_with(e.target, ${`${name}@`})`,
      ]),
    )
  }
  // By the time in their ids, so that the key leads to them.
  if (from) query = query.where('e.id', '>=', leastIdAt('evt', from))
  if (to) query = query.where('e.id', '<', leastIdAt('evt', to))
  return query
}

// Longer than any target of an event.
const maxTargetLength = 1_000

// PostgreSQL would not even compare a text that holds U+0000, and would compare a long one with each event.
function storable(text: string): string {
  return text.length > maxTargetLength || text.includes('\u0000') ? '' : text
}
