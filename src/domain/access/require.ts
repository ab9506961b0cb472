import { Denied } from '../errors.ts'
import type { Permission } from '../token/permission.ts'
import type { Principal, SessionPrincipal } from './principal.ts'

/** The person who is signed in. Throws `Denied`: UNAUTHENTICATED for anonymous, FORBIDDEN for any access token. */
export function requirePerson(principal: Principal): SessionPrincipal {
  switch (principal.kind) {
    case 'SESSION':
      return principal
    case 'ANONYMOUS':
      throw unauthenticated()
    case 'PASSWORD':
    case 'PERSONAL_TOKEN':
    case 'ORGANIZATION_TOKEN':
      throw tokenForbidden()
  }
}

/** The answer to everyone who has to sign in first. */
export function unauthenticated(): Denied {
  return new Denied(
    'UNAUTHENTICATED',
    'Sign in first: send `Authorization: Bearer <session token>`, with a session token from the mutation signIn.',
  )
}

/** The answer to an access token that asks for what only a person may do. */
export function tokenForbidden(): Denied {
  return new Denied('FORBIDDEN', 'An access token may not do this. Sign in as a person who may.')
}

/** The answer to an access token whose scopes leave out what this takes. */
export function tokenLacks(permission: Permission): Denied {
  return new Denied(
    'FORBIDDEN',
    `This access token lacks the permission ${permission}. Use one that has it, or sign in as a person who may.`,
  )
}
