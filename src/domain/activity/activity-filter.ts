import { type ActivityAction, activityActions, isActivityAction } from '../model/activity-action.ts'
import { Denied } from '../shared/errors.ts'

/** Which events to list. Absent members do not narrow the list. An event must match all present ones. */
export interface ActivityFilter {
  readonly kinds?: readonly ActivityAction[] | null | undefined
  /** As `kinds`, as text. */
  readonly actions?: readonly string[] | null | undefined
  /** The name of the actor, as it was recorded. */
  readonly actor?: string | null | undefined
  /** The id of the token that was changed or used. */
  readonly token?: string | null | undefined
  /** The full name of a repository. Also matches events of its tags and images. */
  readonly repository?: string | null | undefined
  /** The first moment to list. */
  readonly from?: Date | null | undefined
  /** The first moment that is no longer listed. */
  readonly to?: Date | null | undefined
}

/**
 * Throws `Denied` (BAD_USER_INPUT) for a filter that no event can match, because an empty list would look as if nothing
 * had happened.
 */
export function checkFilter({ kinds, actions, from, to }: ActivityFilter): void {
  if (kinds?.length === 0) throw badInput('Name at least one kind in `kinds`, or leave it out.')
  if (actions?.length === 0) throw badInput('Name at least one action in `actions`, or leave it out.')
  if (actions?.every(isActivityAction) === false)
    throw badInput(`\`actions\` takes the names of actions: ${activityActions.join(', ')}.`)
  if (from && to && to < from)
    throw badInput('`to` comes after `from`: it is the first moment that is no longer listed.')
}

function badInput(message: string): Denied {
  return new Denied('BAD_USER_INPUT', message)
}
