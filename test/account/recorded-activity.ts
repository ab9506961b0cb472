import { Namespace } from '../../src/domain/account/namespace.ts'
import { ActivityEvent } from '../../src/domain/activity/activity-event.ts'
import type { Postern } from '../harness/postern.ts'

/** The activity events of a person or an organization, oldest first. */
export async function recordedActivity(postern: Postern, namespace: string): Promise<ActivityEvent[]> {
  const em = postern.em()
  const { id } = await em.findOneOrFail(Namespace, { name: namespace })
  return em.find(ActivityEvent, { namespace: id }, { orderBy: { id: 'asc' } })
}

/** What the events are about, oldest first. */
export async function recordedActions(postern: Postern, namespace: string): Promise<string[]> {
  return (await recordedActivity(postern, namespace)).map(({ action }) => action)
}
