import { defineEntity, p } from '@mikro-orm/postgresql'
import { Session } from './session.ts'

/** How long a device waits to be approved. */
export const deviceRequestLifetimeSeconds = 10 * 60

/** How long a device waits between two requests for its token at first (RFC 8628, section 3.2). */
export const pollIntervalSeconds = 5

export const DeviceRequestSchema = defineEntity({
  name: 'DeviceRequest',
  properties: {
    id: p.text().primary(),
    deviceCodeHash: p.blob().hidden(),
    userCodeHash: p.blob().hidden(),
    clientId: p.text(),
    deviceName: p.text(),
    ipAddress: p.text().columnType('inet').nullable(),
    userAgent: p.text().nullable(),
    createdAt: p.datetime(),
    expiresAt: p.datetime(),
    intervalSeconds: p.integer(),
    lastPolledAt: p.datetime().nullable(),
    deniedAt: p.datetime().nullable(),
    session: () => p.manyToOne(Session).mapToPk().nullable(),
  },
})

/**
 * A device that asks to be signed in (RFC 8628). Once a person approved it, it has the `session` that it will use.
 * The row is deleted when the device gets its token, and with the session.
 */
export class DeviceRequest extends DeviceRequestSchema.class {}
DeviceRequestSchema.setClass(DeviceRequest)
