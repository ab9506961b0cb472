import { registerEnumType } from 'type-graphql'
import { accessTokenStatuses } from '../../domain/model/access-token.ts'
import { personalAccesses } from '../../domain/model/personal-access.ts'

export const AccessTokenStatusEnum = Object.fromEntries(accessTokenStatuses.map((status) => [status, status]))
registerEnumType(AccessTokenStatusEnum, {
  name: 'AccessTokenStatus',
  description: 'Status of a token.',
  valuesConfig: {
    ACTIVE: { description: 'The token can be used.' },
    INACTIVE: { description: 'The token was deactivated and is rejected.' },
    SUSPENDED: {
      description: "The organization's plan has no tokens. The token is rejected until the plan has tokens again.",
    },
    EXPIRED: { description: 'The token has expired. It is rejected and can only be deleted.' },
  },
})

export const AccessTokenOriginEnum = { MANUAL: 'MANUAL', AUTO_GENERATED: 'AUTO_GENERATED' } as const
registerEnumType(AccessTokenOriginEnum, {
  name: 'AccessTokenOrigin',
  description: 'How a token was created.',
  valuesConfig: {
    MANUAL: { description: 'A person generated the token.' },
    AUTO_GENERATED: { description: 'The token was generated when a device signed in.' },
  },
})

export const PersonalAccessEnum = Object.fromEntries(personalAccesses.map((access) => [access, access]))
registerEnumType(PersonalAccessEnum, {
  name: 'PersonalAccess',
  description:
    'Access level: the most that a personal token may do. It never exceeds what the person may do at that time, ' +
    'and never includes administration.',
  valuesConfig: {
    PUBLIC_READ: { description: 'Pull from public repositories.' },
    READ: { description: 'Pull, and read repositories and organizations.' },
    READ_WRITE: { description: 'Pull and push, but delete nothing.' },
    READ_WRITE_DELETE: { description: 'Pull, push and delete images.' },
  },
})
