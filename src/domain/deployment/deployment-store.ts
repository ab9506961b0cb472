import type { EntityManager } from '@mikro-orm/postgresql'
import { Deployment } from '../model/deployment.ts'

/** Keeps other starting instances waiting until the transaction that `em` is in ends. */
export async function lockDeployment(em: EntityManager): Promise<void> {
  await em.execute('lock table deployment in share row exclusive mode')
}

/** Stores whether this installation sends mail. Without a mail server, no mail is queued. */
export async function updateSendsMail(em: EntityManager, sendsMail: boolean): Promise<void> {
  await em.nativeUpdate(Deployment, { id: 1, sendsMail: !sendsMail }, { sendsMail })
}
