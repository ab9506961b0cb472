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

/** The OpenID provider that an organization's members sign in with. */
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

/** A sign-in that has been begun, and has not come back from the provider yet. */
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

/** Who a person is to the provider of an organization: the provider's `sub`, which it never gives to another. */
export class SsoIdentity extends SsoIdentitySchema.class {}
SsoIdentitySchema.setClass(SsoIdentity)
