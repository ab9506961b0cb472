import { defaultHourlyRates } from '../model/hourly-rates.ts'
import { daySeconds, hourSeconds, minuteSeconds } from '../shared/duration.ts'

/** The number of failures that are allowed in a window, which begins with the first failure. */
export interface Budget {
  /** Its name in the fields `RateLimit-Policy` and `RateLimit`. */
  readonly name: string
  readonly failures: number
  readonly windowSeconds: number
  /** For people: what was too much, and what they can do besides waiting. */
  readonly denial: string
  readonly besides: string
}

const ofPasswords = { denial: 'Too many failed attempts to sign in.', besides: 'Access tokens still work.' }

/*
 * Why these numbers: docs/decisions/0034. A network is an IPv4 address, or 64 bits of IPv6.
 */

/** Passwords of one account, tried from one network. Enough for a person who tries all of their passwords. */
export const passwordsOfAccount: Budget = {
  name: 'account',
  failures: 10,
  windowSeconds: 15 * minuteSeconds,
  ...ofPasswords,
}

/** The same per day: NIST SP 800-63B, section 3.2.2, allows no more than 100 passwords in a row. */
export const passwordsOfAccountInADay: Budget = {
  name: 'account-day',
  failures: 100,
  windowSeconds: daySeconds,
  ...ofPasswords,
}

/** Passwords of all accounts, tried from one network. This stops one common password for many names. */
export const passwordsOfNetwork: Budget = { name: 'network', failures: 100, windowSeconds: hourSeconds, ...ofPasswords }

/**
 * Passwords of one account, tried from anywhere. Nobody is denied because of these alone, or anyone could lock the
 * owner out. When they are used up, a network that has failed at this account has `failuresUnderAttack`. Other networks
 * can always try.
 */
export const passwordsFromAnywhere: Budget = {
  name: 'anywhere',
  failures: 50,
  windowSeconds: hourSeconds,
  ...ofPasswords,
}

/** Replaces the failures of `passwordsOfAccount` while many networks attack an account. */
export const failuresUnderAttack = 3

/**
 * Unknown tokens and sessions from one network, or one expired token from one network. They cannot be guessed: this
 * delays clients that keep trying.
 */
export const rejectedSecrets: Budget = {
  name: 'secrets',
  failures: 100,
  windowSeconds: 15 * minuteSeconds,
  denial: 'Too many failed attempts from your network.',
  besides: 'A valid token is accepted at any time.',
}

/** Sign-ins through providers that one network began and did not complete. Large offices begin many at nine. */
export const providerSignIns: Budget = {
  name: 'provider-sign-ins',
  failures: 300,
  windowSeconds: hourSeconds,
  denial: "Too many failed attempts to sign in through an organization's provider.",
  besides: 'Access tokens still work.',
}

const ofProviders = {
  denial: 'Too many failed attempts to configure a provider.',
  besides: "Check that the issuer's address can be reached from this server.",
}

/** Providers that an organization could not configure. Each is a connection to an address that somebody chose. */
export const providersOfOrganization: Budget = {
  name: 'providers',
  failures: 20,
  windowSeconds: hourSeconds,
  ...ofProviders,
}

/** The same of all organizations, from one network: more organizations get no further. */
export const providersOfNetwork: Budget = {
  name: 'providers-network',
  failures: 60,
  windowSeconds: hourSeconds,
  ...ofProviders,
}

/** Accounts that people in one network created for themselves. A classroom creates many at once. */
export const signUps: Budget = {
  name: 'sign-ups',
  failures: 100,
  windowSeconds: hourSeconds,
  denial: 'Too many accounts have been created from your network.',
  besides: 'An administrator can create more.',
}

/** Sign-ups from one network with a name or an address that is in use: each discloses that it is. */
export const takenNames: Budget = {
  name: 'taken-names',
  failures: 50,
  windowSeconds: hourSeconds,
  denial: 'Too many attempts to create an account with a name or an e-mail address that is in use.',
  besides: 'An administrator can create the account.',
}

/** Devices of one network that asked to be approved and were not; a row each. A classroom sets up many at once. */
export const deviceRequests: Budget = {
  name: 'device-requests',
  failures: defaultHourlyRates.deviceRequests,
  windowSeconds: hourSeconds,
  denial: 'Too many devices in your network have asked to be approved, and were not.',
  besides: 'Approve one of them, or sign in with a password.',
}

const ofUserCodes = { denial: 'Too many wrong device codes.', besides: 'The device can show a new code.' }

/**
 * User codes that one person typed, whichever of their sessions. With these, 20^8 codes take longer than a request
 * lives.
 */
export const userCodesOfAccount: Budget = {
  name: 'user-codes',
  failures: 10,
  windowSeconds: 15 * minuteSeconds,
  ...ofUserCodes,
}

/** The same by all people in one network: more accounts get no further. */
export const userCodesOfNetwork: Budget = {
  name: 'user-codes-network',
  failures: 100,
  windowSeconds: hourSeconds,
  ...ofUserCodes,
}

/** Organization tokens that one organization generated; more on a plan with more tokens. Deleted ones count. */
export const organizationTokens: Budget = {
  name: 'organization-tokens',
  failures: defaultHourlyRates.organizationTokens,
  windowSeconds: hourSeconds,
  denial: 'This organization has generated too many tokens within an hour.',
  besides: 'Use one of those.',
}

/** Idempotency keys of one person that had been used with another input. */
export const conflictingKeys: Budget = {
  name: 'idempotency-keys',
  failures: 100,
  windowSeconds: hourSeconds,
  denial: 'Too many failed attempts with idempotency keys that were used before.',
  besides: 'Use a new key for each request.',
}
