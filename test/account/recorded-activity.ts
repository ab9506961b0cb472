import { ActivityEvent } from '../../src/domain/model/activity-event.ts'
import { Namespace } from '../../src/domain/model/namespace.ts'
import type { Postern } from '../harness/postern.ts'

/** What is recorded of the use of tokens, whatever they are used for. */
const uses = ['access_token.first_use', 'access_token.new_address']

/** Whether an event tells of an act, and not just of a token that is used. */
export function isAct({ action }: Pick<ActivityEvent, 'action'>): boolean {
  return !uses.includes(action)
}

/** The activity events of a person or an organization, oldest first, without those of the use of tokens. */
export async function recordedActivity(postern: Postern, namespace: string): Promise<ActivityEvent[]> {
  const em = postern.em()
  const { id } = await em.findOneOrFail(Namespace, { name: namespace })
  return (await em.find(ActivityEvent, { namespace: id }, { orderBy: { id: 'asc' } })).filter(isAct)
}

/** What the events are about, oldest first. */
export async function recordedActions(postern: Postern, namespace: string): Promise<string[]> {
  return (await recordedActivity(postern, namespace)).map(({ action }) => action)
}
