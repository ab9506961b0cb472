import type { Permission } from '../model/permission.ts'
import { Denied } from '../shared/errors.ts'
import type { OrganizationTokenPrincipal, Person, Principal, SessionPrincipal } from './principal.ts'

/** The signed-in person. Throws `Denied`: UNAUTHENTICATED for anonymous callers, FORBIDDEN for access tokens. */
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
 * A caller with rights of their own: a signed-in person, or an organization token. Throws `Denied`: UNAUTHENTICATED for
 * anonymous callers, FORBIDDEN for personal tokens, which administer nothing.
 */
export function requireActor(principal: Principal): SessionPrincipal | OrganizationTokenPrincipal {
  return principal.kind === 'ORGANIZATION_TOKEN' ? principal : requirePerson(principal)
}

/**
 * The session of the request: the person's own, or that of the device whose token the caller used. Throws `Denied` as
 * `requirePerson`.
 */
export function requireSession(principal: Principal): Person & { readonly sessionId: string } {
  const sessionId = principal.kind === 'PERSONAL_TOKEN' ? principal.token.sessionId : null
  return principal.kind === 'PERSONAL_TOKEN' && sessionId !== null
    ? { ...principal, sessionId }
    : requirePerson(principal)
}

/** The denial of callers who must sign in first. */
export function unauthenticated(): Denied {
  return new Denied(
    'UNAUTHENTICATED',
    'Sign in first: send `Authorization: Bearer <token>`, with a session token from the mutation signIn, or an ' +
      'access token that may.',
  )
}

/** The denial of access tokens where only people may act. */
export function tokenForbidden(): Denied {
  return new Denied('FORBIDDEN', 'An access token may not do this. Sign in as a person who may.')
}

/** The denial of access tokens without this permission. */
export function tokenLacks(permission: Permission): Denied {
  return new Denied(
    'FORBIDDEN',
    `This access token lacks the permission ${permission}. Use one that has it, or sign in as a person who may.`,
  )
}
