import type { RepositoryAction, RequestedActions } from './repository-action.ts'

/**
 * The denied actions on a repository with which a client fails. Clients request more than they need, and continue with
 * less:
 *
 * - They send `*` to get what they may have.
 * - A scope with `push` often contains `delete`, which only some pushes need. A client that deletes requests `delete`
 *   without `push`, or in a scope of its own, which the registry has sent it.
 * - With a push, they request `pull` on other repositories, and upload the layers that they cannot mount from there.
 *
 * `isPush`: the request is granted a push, of any repository.
 */
export function failedActions(
  scopes: readonly RequestedActions[],
  granted: readonly RepositoryAction[],
  isPush: boolean,
): RepositoryAction[] {
  const failed = scopes.flatMap((actions) => {
    const isGrantedPush = actions.has('push') && granted.includes('push')
    const isForLayers = isPush && actions.size === 1 && actions.has('pull')
    return actions.has('*') || isGrantedPush || isForLayers ? [] : [...actions].filter((action) => action !== '*')
  })
  return [...new Set(failed)].filter((action) => !granted.includes(action))
}
