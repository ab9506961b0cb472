import type { Principal } from '../domain/policy/principal.ts'
import type { RequestContext } from '../domain/policy/request-context.ts'
import type { Denied } from '../domain/shared/errors.ts'
import { createLoaders, type Loaders } from './loaders.ts'

/** What every resolver is given: the call on the domain, and the loaders of this request. */
export interface Context extends RequestContext {
  principal: Principal
  loaders: Loaders
  /** Why the session token of the request was rejected; the caller is anonymous then. Null: it was not. */
  readonly rejection: Denied | null
  /** What the response has in `extensions`. */
  readonly extensions: Record<string, unknown>
}

/** The context of one request. */
export function createContext(context: RequestContext, rejection: Denied | null = null): Context {
  return { ...context, rejection, extensions: {}, loaders: createLoaders(context) }
}

/** Goes on as another principal: what a mutation that signs somebody in answers is seen with their eyes. */
export function continueAs(context: Context, principal: Principal): void {
  context.principal = principal
  context.loaders = createLoaders(context)
}
