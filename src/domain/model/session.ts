import { defineEntity, p } from '@mikro-orm/postgresql'
import { daySeconds } from '../shared/duration.ts'
import { User } from './user.ts'

export const sessionLifetimeSeconds = daySeconds

export const deviceSessionLifetimeSeconds = 90 * daySeconds

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
    tokenLabel: p.text().nullable(),
  },
})

/**
 * A session of a person. With a name, it is that of a device, which has its own token. While that token is deleted,
 * `tokenLabel` is its label: the next use of the device creates it again.
 */
export class Session extends SessionSchema.class {}
SessionSchema.setClass(Session)
