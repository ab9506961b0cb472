import type { Call } from '../call.ts'
import type { LastUseRecorder } from './last-use-recorder.ts'

/** Notes that a call was made with an access token, if it was; `repository` is what it asked for, if anything. */
export async function noteUse(call: Call, lastUses: LastUseRecorder, repository: string | null): Promise<void> {
  const { principal, now, origin } = call
  if (principal.kind !== 'ORGANIZATION_TOKEN') return
  const { token, organization } = principal
  await lastUses.record(
    {
      namespaceId: organization.id,
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
