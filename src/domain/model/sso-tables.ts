import { defineEntity, p } from '@mikro-orm/postgresql'
import { Organization } from './organization.ts'
import { User } from './user.ts'

export const SsoProviderSchema = defineEntity({
  name: 'SsoProvider',
  properties: {
    organization: () => p.manyToOne(Organization).mapToPk().primary(),
    issuer: p.text(),
    clientId: p.text(),
    encryptedClientSecret: p.blob().hidden(),
    redirectUris: p.array(),
    createdAt: p.datetime(),
  },
})

/** The OpenID provider of an organization. */
export class SsoProvider extends SsoProviderSchema.class {}
SsoProviderSchema.setClass(SsoProvider)

export const SsoAttemptSchema = defineEntity({
  name: 'SsoAttempt',
  properties: {
    id: p.text().primary(),
    organization: () => p.manyToOne(Organization).mapToPk(),
    secretHash: p.blob().hidden(),
    state: p.text(),
    nonce: p.text(),
    codeVerifier: p.text().hidden(),
    redirectUri: p.text(),
    createdAt: p.datetime(),
    expiresAt: p.datetime(),
  },
})

/** A started sign-in through a provider. */
export class SsoAttempt extends SsoAttemptSchema.class {}
SsoAttemptSchema.setClass(SsoAttempt)

export const SsoIdentitySchema = defineEntity({
  name: 'SsoIdentity',
  properties: {
    organization: () => p.manyToOne(Organization).mapToPk().primary(),
    issuer: p.text().primary(),
    subject: p.text().primary(),
    user: () => p.manyToOne(User).mapToPk(),
    createdAt: p.datetime(),
  },
})

/** The link between an account and one at the provider of an organization, which identifies it by `sub`. */
export class SsoIdentity extends SsoIdentitySchema.class {}
SsoIdentitySchema.setClass(SsoIdentity)
