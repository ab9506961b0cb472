import type { Permission } from '../model/permission.ts'
import { Denied } from '../shared/errors.ts'
import type { OrganizationTokenPrincipal, Person, Principal, SessionPrincipal } from './principal.ts'

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

/**
 * Who acts with rights of their own: a person who is signed in, or an organization token, of which the policy says what
 * it may. Throws `Denied`: UNAUTHENTICATED for anonymous, FORBIDDEN for personal tokens, which administer nothing.
 */
export function requireActor(principal: Principal): SessionPrincipal | OrganizationTokenPrincipal {
  return principal.kind === 'ORGANIZATION_TOKEN' ? principal : requirePerson(principal)
}

/**
 * The session that a call is made in: a person's own, or that of the device whose token it was made with. Throws `Denied` as
 * `requirePerson` does.
 */
export function requireSession(principal: Principal): Person & { readonly sessionId: string } {
  const sessionId = principal.kind === 'PERSONAL_TOKEN' ? principal.token.sessionId : null
  return principal.kind === 'PERSONAL_TOKEN' && sessionId !== null
    ? { ...principal, sessionId }
    : requirePerson(principal)
}

/** The answer to everyone who has to sign in first. */
export function unauthenticated(): Denied {
  return new Denied(
    'UNAUTHENTICATED',
    'Sign in first: send `Authorization: Bearer <token>`, with a session token from the mutation signIn, or an access token that may.',
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
