import { registerEnumType } from 'type-graphql'
import { accessTokenStatuses } from '../../domain/token/access-token.ts'

export const AccessTokenStatusEnum = Object.fromEntries(accessTokenStatuses.map((status) => [status, status]))
registerEnumType(AccessTokenStatusEnum, {
  name: 'AccessTokenStatus',
  description: 'Whether a token can be used.',
  valuesConfig: {
    ACTIVE: { description: 'It can be used.' },
    INACTIVE: { description: 'It was deactivated and is refused.' },
    EXPIRED: { description: 'Its time is over; it is refused and can only be deleted.' },
  },
})

export const AccessTokenOriginEnum = { MANUAL: 'MANUAL', AUTO_GENERATED: 'AUTO_GENERATED' } as const
registerEnumType(AccessTokenOriginEnum, {
  name: 'AccessTokenOrigin',
  description: 'How a token came to be.',
  valuesConfig: {
    MANUAL: { description: 'A person generated it.' },
    AUTO_GENERATED: { description: 'It was made when a device signed in.' },
  },
})
