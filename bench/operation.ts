import type { LoadRequest } from './load.ts'
import type { World } from './world/world.ts'

/** An operation that clients use: the request to Postern and, if there is such a peer, the one to REST. */
export interface Operation {
  readonly name: string
  readonly connections: number
  /** Enough requests that repetitions are rare. Requests with the same index ask for the same. */
  readonly requests: (world: World) => {
    readonly postern: readonly LoadRequest[]
    readonly rest: readonly LoadRequest[]
  }
}
