import type { LoadRequest } from './load.ts'
import { fullOrganizations, isActive, tokensPerOrganization, type World } from './world/world.ts'

export const requestsMax = 1_000

/** A token: the number of its organization, and its position there. */
export interface Place {
  readonly organization: number
  readonly position: number
}

/** Organizations with tokens, from the oldest to the newest. */
export function organizationSample(world: World): number[] {
  const full = fullOrganizations(world)
  const count = Math.min(full, requestsMax)
  return Array.from({ length: count }, (_, index) => Math.floor((index * full) / count))
}

/** Active tokens of many organizations that fulfil a condition. */
export function tokenSample(world: World, count = requestsMax, isWanted = (_position: number) => true): Place[] {
  const organizations = organizationSample(world)
  const positions = Array.from({ length: tokensPerOrganization }, (_, position) => position).filter(
    (position) => isActive(position) && isWanted(position),
  )
  return Array.from({ length: count }, (_, index) => ({
    organization: organizations[index % organizations.length] ?? 0,
    // Each round through the organizations takes another token of each.
    position: positions[(index * 7 + Math.floor(index / organizations.length)) % positions.length] ?? 0,
  }))
}

export function pairs<T>(items: readonly T[], toRequests: (item: T) => { postern: LoadRequest; rest: LoadRequest }) {
  const all = items.map(toRequests)
  return { postern: all.map(({ postern }) => postern), rest: all.map(({ rest }) => rest) }
}
