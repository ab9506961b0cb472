import type { Call } from '../policy/call.ts'
import { usedToken, usedTokenOwnerId } from '../policy/principal.ts'
import type { LastUseRecorder } from './last-use-recorder.ts'

/** Notes that a call was made with an access token, if it was; `repository` is what it asked for, if anything. */
export async function noteUse(call: Call, lastUses: LastUseRecorder, repository: string | null): Promise<void> {
  const { principal, now, origin } = call
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
