import type { EntityManager } from '@mikro-orm/postgresql'
import type { AccessToken } from '../model/access-token.ts'
import type { RequestContext } from '../policy/request-context.ts'
import type { PlainSecret } from '../secrets/token-secret.ts'
import { newId } from '../shared/id.ts'
import { insertToken, scopeOfEverything } from './insert-token.ts'

/** The token of a device that does not exist yet. */
export interface NewDeviceToken {
  readonly userId: string
  readonly label: string
  readonly sessionId: string
  /** The end of the session. */
  readonly expiresAt: Date
}

/** Adds the token of a device, with this secret or a new one, to the transaction that `em` is in. */
export function insertDeviceToken(
  context: Pick<RequestContext, 'now' | 'settings'>,
  em: EntityManager,
  { userId, ...values }: NewDeviceToken,
  givenSecret?: PlainSecret,
): { readonly token: AccessToken; readonly secret: PlainSecret } {
  const access = 'READ_WRITE_DELETE'
  const token = {
    ...values,
    id: newId('tok', context.now),
    namespaceId: userId,
    createdById: userId,
    description: null,
    pullLimit: null,
    access,
    scopes: [scopeOfEverything(access)],
  } as const
  return insertToken(context, em, token, givenSecret)
}
