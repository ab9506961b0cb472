import type { EntityManager } from '@mikro-orm/postgresql'

/** Makes other instances that start wait until the transaction that `em` is in ends. */
export async function lockDeployment(em: EntityManager): Promise<void> {
  await em.execute('lock table deployment in share row exclusive mode')
}
