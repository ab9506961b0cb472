import type { EntityManager } from '@mikro-orm/postgresql'
import { Deployment } from '../model/deployment.ts'

/** Writes down whether this installation sends mail, for all who announce: without a mail server, none is queued. */
export async function recordMailSetting(em: EntityManager, sendsMail: boolean): Promise<void> {
  await em.nativeUpdate(Deployment, { id: 1, sendsMail: !sendsMail }, { sendsMail })
}
