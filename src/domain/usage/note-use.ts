import { usedToken, usedTokenOwnerId } from '../policy/principal.ts'
import type { RequestContext } from '../policy/request-context.ts'
import type { LastUseRecorder } from './last-use-recorder.ts'

/** Notes that a call was made with an access token, if it was; `repository` is what it asked for, if anything. */
export async function noteUse(
  context: RequestContext,
  lastUses: LastUseRecorder,
  repository: string | null,
): Promise<void> {
  const { principal, now, origin } = context
  const token = usedToken(principal)
  const namespaceId = usedTokenOwnerId(principal)
  if (token === null || namespaceId === null) return
  await lastUses.record(
    {
      namespaceId,
      tokenId: token.id,
      secretId: token.secretId,
      at: now,
      ipAddress: origin.ipAddress,
      client: origin.userAgent,
      repository,
    },
    token.everUsed,
  )
}
