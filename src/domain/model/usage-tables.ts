import { defineEntity, p } from '@mikro-orm/postgresql'
import { AccessToken } from './access-token.ts'
import { Namespace } from './namespace.ts'

export const AccessTokenLastUseSchema = defineEntity({
  name: 'AccessTokenLastUse',
  properties: {
    token: () => p.manyToOne(AccessToken).mapToPk().primary(),
    namespace: () => p.manyToOne(Namespace).mapToPk(),
    at: p.datetime(),
    ipAddress: p.text().columnType('inet').nullable(),
    client: p.text().nullable(),
    repository: p.text().nullable(),
  },
})

/** The latest successful use of a token. */
export class AccessTokenLastUse extends AccessTokenLastUseSchema.class {}
AccessTokenLastUseSchema.setClass(AccessTokenLastUse)

export const AccessTokenAddressSchema = defineEntity({
  name: 'AccessTokenAddress',
  properties: {
    namespace: () => p.manyToOne(Namespace).mapToPk().primary(),
    token: () => p.manyToOne(AccessToken).mapToPk().primary(),
    network: p.text().columnType('cidr').primary(),
    firstUsedAt: p.datetime(),
    // The family of the client. Null: unknown.
    client: p.text().nullable(),
  },
})

/** A network that a token was used from, as `clientNetwork` returns it. */
export class AccessTokenAddress extends AccessTokenAddressSchema.class {}
AccessTokenAddressSchema.setClass(AccessTokenAddress)

export const RegistryLoginSchema = defineEntity({
  name: 'RegistryLogin',
  properties: {
    namespace: () => p.manyToOne(Namespace).mapToPk().primary(),
    token: () => p.manyToOne(AccessToken).mapToPk().primary(),
    network: p.text().columnType('cidr').primary(),
    at: p.datetime(),
  },
})

/** The last recorded login with a token from a network, as `clientNetwork` returns it. */
export class RegistryLogin extends RegistryLoginSchema.class {}
RegistryLoginSchema.setClass(RegistryLogin)

// What both kinds of windows count (docs/decisions/0039).
const counters = {
  // Reported by registries.
  pulls: p.integer(),
  // Open reservations by time slot. The first slot began `reservationSlot` seconds after the window.
  reserved: p.array().$type<number[]>().columnType('integer[]').default([0, 0, 0, 0, 0]),
  reservationSlot: p.integer().default(0),
  slotSeconds: p.integer().default(15),
  // Reservations that have lapsed without a report.
  unreported: p.integer().default(0),
  // Reservations whose client has only looked at a manifest until now, by slots of their own.
  checked: p.array().$type<number[]>().columnType('integer[]').default([0, 0]),
  checkedSlot: p.integer().default(0),
}

const reservation = {
  client: p.text().primary(),
  madeAt: p.datetime(),
  expiresAt: p.datetime(),
  isChecked: p.boolean().default(false),
}

export const UsageWindowSchema = defineEntity({
  name: 'UsageWindow',
  properties: {
    subjectId: p.text().primary(),
    startsAt: p.datetime().primary(),
    namespace: () => p.manyToOne(Namespace).mapToPk(),
    ...counters,
    // The limit of the last grant. Null means unlimited or unknown.
    pullLimit: p.integer().nullable(),
    limitKnown: p.boolean().default(false),
    // The share of the limit that people were last notified of, in percent.
    notifiedPercent: p.smallint().default(0),
    isNoticeDue: p.boolean().default(false),
  },
})

/** The pulls of a token of an organization, or of a person with all their tokens, in a usage window. */
export class UsageWindow extends UsageWindowSchema.class {}
UsageWindowSchema.setClass(UsageWindow)

export const AnonymousUsageWindowSchema = defineEntity({
  name: 'AnonymousUsageWindow',
  properties: {
    startsAt: p.datetime().primary(),
    network: p.text().columnType('cidr').primary(),
    ...counters,
  },
})

/** The pulls of anonymous clients of a network in a usage window. */
export class AnonymousUsageWindow extends AnonymousUsageWindowSchema.class {}
AnonymousUsageWindowSchema.setClass(AnonymousUsageWindow)

export const PullReservationSchema = defineEntity({
  name: 'PullReservation',
  properties: {
    namespace: () => p.manyToOne(Namespace).mapToPk().primary(),
    subjectId: p.text().primary(),
    startsAt: p.datetime().primary(),
    repository: p.text().primary(),
    network: p.text().columnType('cidr').primary(),
    ...reservation,
  },
})

/** A pull that may be in progress. It counts in the usage window of its subject until it expires. */
export class PullReservation extends PullReservationSchema.class {}
PullReservationSchema.setClass(PullReservation)

export const AnonymousPullReservationSchema = defineEntity({
  name: 'AnonymousPullReservation',
  properties: {
    startsAt: p.datetime().primary(),
    network: p.text().columnType('cidr').primary(),
    repository: p.text().primary(),
    ...reservation,
  },
})

/** The same of an anonymous client. */
export class AnonymousPullReservation extends AnonymousPullReservationSchema.class {}
AnonymousPullReservationSchema.setClass(AnonymousPullReservation)

export const UsageDaySchema = defineEntity({
  name: 'UsageDay',
  properties: {
    namespace: () => p.manyToOne(Namespace).mapToPk().primary(),
    day: p.date().primary(),
    repository: p.text().primary(),
    tokenId: p.text().primary().nullable(),
    userId: p.text().primary().nullable(),
    ipAddress: p.text().columnType('inet').primary().nullable(),
    tokenLabel: p.text().nullable(),
    pulls: p.integer(),
    pushes: p.integer(),
  },
})

/** The pulls and pushes of a repository on a day (UTC), by one token or person, from one address. */
export class UsageDay extends UsageDaySchema.class {}
UsageDaySchema.setClass(UsageDay)

/** The dimensions of a usage report, in the order of its rows. */
export const usageDimensions = ['DAY', 'MONTH', 'TOKEN', 'USER', 'REPOSITORY', 'IP_ADDRESS'] as const

export type UsageDimension = (typeof usageDimensions)[number]

/** The percentages of a pull limit at which people are notified. */
export const notificationLevels = [80, 100] as const
