import { type Principal, personBehind, usedToken } from '../../domain/policy/principal.ts'

/** The viewer as GraphQL returns it. */
export interface ViewerNode {
  readonly id: string
}

/** The caller as `Viewer`. Null for anonymous callers. */
export function viewerOf(principal: Principal): ViewerNode | null {
  const id = usedToken(principal)?.id ?? personBehind(principal)?.user.id
  return id === undefined ? null : { id }
}
