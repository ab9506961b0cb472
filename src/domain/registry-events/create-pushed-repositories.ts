import type { EntityManager } from '@mikro-orm/postgresql'
import { findTokenPrincipal } from '../identity/find-token-principal.ts'
import { findPerson } from '../identity/person-store.ts'
import type { PlanTable } from '../model/plan.ts'
import type { ImageEvent } from '../model/registry-event.ts'
import { parseRepositoryName } from '../model/repository-name.ts'
import { mayUsePassword } from '../policy/policy.ts'
import type { Principal } from '../policy/principal.ts'
import { repositoryCreatedByPush } from '../policy/repository-policy.ts'
import { newId } from '../shared/id.ts'
import type { EventParties } from './find-event-parties.ts'
import { findPlaces, insertPushedRepositories, type PushedRepository } from './registry-event-store.ts'

type Pushed = readonly [push: ImageEvent, parties: EventParties]

/**
 * Creates private repositories for reported pushes to repositories that do not exist, in the transaction that `em` is
 * in. The policy is checked with the rights that the actor has now, because they may have ended since the grant. Only a
 * token that expired after its first push is accepted: a registry may report late, but the image is there. A push from
 * before the deletion of the repository does not create it again.
 */
export async function createPushedRepositories(
  em: EntityManager,
  events: readonly Pushed[],
  plans: PlanTable,
): Promise<{ readonly events: readonly Pushed[]; readonly creations: readonly Pushed[] }> {
  const pushes = events
    .filter(([{ kind }, { repositoryId }]) => kind === 'PUSH' && repositoryId === null)
    .toSorted(([one], [other]) => one.at.getTime() - other.at.getTime())
  const allowed = await allowedPushes(em, pushes, plans)
  if (allowed.size === 0) return { events, creations: [] }

  const created = await insertPushedRepositories(em, [...allowed.values()].flatMap(toRow))
  const ids = new Map(created.map(({ id, name }) => [name, id]))
  const creations = [...allowed.values()].filter(([{ repository }]) => ids.has(repository))
  // Another instance, or a person, may have created it meanwhile.
  const others = [...allowed.keys()].filter((name) => !ids.has(name))
  if (others.length > 0) {
    const names = others.map((name) => parseRepositoryName(name) ?? { namespace: '', path: '' })
    for (const { position, repositoryId } of await findPlaces(em, names))
      if (repositoryId !== null) ids.set(others[position] ?? '', repositoryId)
  }
  const known = events.map(([event, parties]): Pushed => {
    return [event, { ...parties, repositoryId: parties.repositoryId ?? ids.get(event.repository) ?? null }]
  })
  return { events: known, creations }
}

/** By the name of the repository, the first push of somebody who may create it. */
async function allowedPushes(
  em: EntityManager,
  pushes: readonly Pushed[],
  plans: PlanTable,
): Promise<ReadonlyMap<string, Pushed>> {
  const principals = new Map<string, Principal | null>()
  const allowed = new Map<string, Pushed>()
  for (const push of pushes) {
    const [{ repository, subject, at }, parties] = push
    if (allowed.has(repository)) continue
    if (!principals.has(subject)) principals.set(subject, await findActor(em, parties, plans, at))
    const principal = principals.get(subject) ?? null
    if (principal !== null && repositoryCreatedByPush(principal, repository) !== null) allowed.set(repository, push)
  }
  return allowed
}

/** Null: anonymous or unknown, or may no longer log in. */
async function findActor(
  em: EntityManager,
  { actor, token, userId }: EventParties,
  plans: PlanTable,
  at: Date,
): Promise<Principal | null> {
  if (token !== null) {
    const { id: tokenId, namespaceId } = token
    return findTokenPrincipal(em, { namespaceId, tokenId, isPersonal: actor.kind === 'PERSONAL_TOKEN' }, plans, at)
  }
  const person = userId === null ? null : await findPerson(em, userId)
  return person !== null && mayUsePassword(person) ? { kind: 'PASSWORD', ...person } : null
}

function toRow([{ repository: name, at }, { namespaceId }]: Pushed): PushedRepository[] {
  const path = parseRepositoryName(name)?.path
  return path === undefined ? [] : [{ id: newId('rep', at), namespace_id: namespaceId, name, path, pushed_at: at }]
}
