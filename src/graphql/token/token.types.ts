import { registerEnumType } from 'type-graphql'
import { accessTokenStatuses } from '../../domain/model/access-token.ts'
import { personalAccesses } from '../../domain/model/personal-access.ts'

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

export const PersonalAccessEnum = Object.fromEntries(personalAccesses.map((access) => [access, access]))
registerEnumType(PersonalAccessEnum, {
  name: 'PersonalAccess',
  description:
    'What a personal token may do, and never more than the person may at that moment. None administers anything.',
  valuesConfig: {
    PUBLIC_READ: { description: 'Pull from public repositories.' },
    READ: { description: 'Pull, and read repositories and organizations.' },
    READ_WRITE: { description: 'Pull and push; it deletes nothing.' },
    READ_WRITE_DELETE: { description: 'Pull, push and delete images.' },
  },
})
