import { defineEntity, p } from '@mikro-orm/postgresql'
import { User } from './user.ts'

/** How long a session lasts after the sign-in. */
export const sessionLifetimeSeconds = 24 * 60 * 60

/** How long a device stays signed in. */
export const deviceSessionLifetimeSeconds = 90 * 24 * 60 * 60

export const SessionSchema = defineEntity({
  name: 'Session',
  properties: {
    id: p.text().primary(),
    user: () => p.manyToOne(User).mapToPk(),
    secretHash: p.blob().hidden(),
    createdAt: p.datetime(),
    expiresAt: p.datetime(),
    ipAddress: p.text().columnType('inet').nullable(),
    userAgent: p.text().nullable(),
    deviceName: p.text().nullable(),
  },
})

/** A signed-in browser or program of a person; with a name, a device that signs in with a token of its own. */
export class Session extends SessionSchema.class {}
SessionSchema.setClass(Session)
