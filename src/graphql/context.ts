import type { OperationTypeNode } from 'graphql'
import { authenticateBearer } from '../domain/identity/authenticate-bearer.ts'
import { anonymous, type Principal } from '../domain/policy/principal.ts'
import type { LongRequestContext } from '../domain/policy/request-context.ts'
import type { Denied } from '../domain/shared/errors.ts'
import { createLoaders, type Loaders } from './loaders.ts'

/** The context of every resolver: the context of the request in the domain, and the loaders of the request. */
export interface Context extends LongRequestContext {
  principal: Principal
  reauthenticate: () => Promise<Principal>
  loaders: Loaders
  /** Why the session token of the request was rejected; the caller is anonymous then. Null: it was not. */
  readonly rejection: Denied | null
  /** Null until the document has been parsed and validated. */
  operationType: OperationTypeNode | null
  /** What the response has in `extensions`. */
  readonly extensions: Record<string, unknown>
}

/** The context of one request. */
export function createContext(context: LongRequestContext, rejection: Denied | null = null): Context {
  return { ...context, rejection, operationType: null, extensions: {}, loaders: createLoaders(context) }
}

/** Continues the request as another principal, for example after a mutation has signed somebody in. */
export function continueAs(context: Context, principal: Principal): void {
  context.principal = principal
  context.loaders = createLoaders(context)
}

/** Continues as the principal of a session or token that the request has created. */
export async function continueWith(context: Context, secret: string): Promise<void> {
  context.reauthenticate = () => authenticateBearer({ ...context, now: new Date() }, secret)
  continueAs(context, await context.reauthenticate())
}

/** Continues without a caller, because the request has ended its session. */
export function continueAnonymously(context: Context): void {
  context.reauthenticate = async () => anonymous
  continueAs(context, anonymous)
}
