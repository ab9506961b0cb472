import { ActivityEvent } from '../../src/domain/model/activity-event.ts'
import { Namespace } from '../../src/domain/model/namespace.ts'
import type { Postern } from '../harness/postern.ts'

/** The actions that record uses of tokens, whatever the request. */
export const uses = ['access_token.first_use', 'access_token.new_address', 'access_token.registry_login']

/** Whether an event is more than the use of a token. */
export function isAction({ action }: Pick<ActivityEvent, 'action'>): boolean {
  return !uses.includes(action)
}

/** The activity events of a person or an organization, oldest first, without uses of tokens. */
export async function recordedActivity(postern: Postern, namespace: string): Promise<ActivityEvent[]> {
  const em = postern.em()
  const { id } = await em.findOneOrFail(Namespace, { name: namespace })
  return (await em.find(ActivityEvent, { namespace: id }, { orderBy: { id: 'asc' } })).filter(isAction)
}

/** The actions of the events, oldest first. */
export async function recordedActions(postern: Postern, namespace: string): Promise<string[]> {
  return (await recordedActivity(postern, namespace)).map(({ action }) => action)
}
