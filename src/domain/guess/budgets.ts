/** How many failures are allowed in a window, which begins with the first of them. */
export interface Budget {
  /** As the fields `RateLimit-Policy` and `RateLimit` name it. */
  readonly name: string
  readonly failures: number
  readonly windowSeconds: number
  /** For people: what there were too many of, and what they can do besides waiting. */
  readonly denial: string
  readonly besides: string
}

const minute = 60
const hour = 60 * minute
const day = 24 * hour

const ofPasswords = { denial: 'Too many failed attempts to sign in.', besides: 'Access tokens still work.' }

/*
 * Why these numbers: docs/decisions/0034. A network is an IPv4 address, or 64 bits of IPv6.
 */

/** Passwords of one account, tried from one network. Enough for a person who tries every password that they ever had. */
export const passwordsOfAccount: Budget = {
  name: 'account',
  failures: 10,
  windowSeconds: 15 * minute,
  ...ofPasswords,
}

/** The same in a day: no network tries more than the hundred passwords that NIST SP 800-63B, section 3.2.2, allows in a row. */
export const passwordsOfAccountInADay: Budget = {
  name: 'account-day',
  failures: 100,
  windowSeconds: day,
  ...ofPasswords,
}

/** Passwords of all accounts, tried from one network: one common password for each of many names gets no further. */
export const passwordsOfNetwork: Budget = { name: 'network', failures: 100, windowSeconds: hour, ...ofPasswords }

/**
 * Passwords of one account, tried from anywhere. Nobody is denied for these alone, or anybody could lock the owner out. Once
 * they are used up, a network that has failed at this account has `failuresUnderAttack`, and one that has not may always try.
 */
export const passwordsFromAnywhere: Budget = { name: 'anywhere', failures: 50, windowSeconds: hour, ...ofPasswords }

/** In place of the failures of `passwordsOfAccount`, while an account is being attacked from many networks. */
export const failuresUnderAttack = 3

/**
 * Unknown tokens and sessions from one network; or one token that has ended, from one network. They cannot be guessed: this is
 * when a client that goes on is told to wait.
 */
export const rejectedSecrets: Budget = {
  name: 'secrets',
  failures: 100,
  windowSeconds: 15 * minute,
  denial: 'Too many failed attempts from your network.',
  besides: 'A valid token is accepted at any time.',
}

/** Sign-ins through providers that one network has begun and not completed; a large office begins many at nine. */
export const providerSignIns: Budget = {
  name: 'provider-sign-ins',
  failures: 300,
  windowSeconds: hour,
  denial: "Too many failed attempts to sign in through an organization's provider.",
  besides: 'Access tokens still work.',
}

/** Idempotency keys of one person that had been used with another input. */
export const conflictingKeys: Budget = {
  name: 'idempotency-keys',
  failures: 100,
  windowSeconds: hour,
  denial: 'Too many failed attempts with idempotency keys that were used before.',
  besides: 'Use a new key for each request.',
}
