import { defineEntity, p } from '@mikro-orm/postgresql'

export const RegistryEventSchema = defineEntity({
  name: 'RegistryEvent',
  properties: { id: p.text().primary(), receivedAt: p.datetime() },
})

/** A reported event that has been recorded, by the registry's id: the registry may report it again. */
export class RegistryEvent extends RegistryEventSchema.class {}
RegistryEventSchema.setClass(RegistryEvent)

/** What a registry reports: an image or tag was pulled, pushed or deleted, or a manifest was checked (HEAD). */
export interface ImageEvent {
  /** The registry's, and the same if it reports the event again. */
  readonly id: string
  readonly kind: 'PULL' | 'CHECK' | 'PUSH' | 'DELETE'
  /** By the registry's clock. */
  readonly at: Date
  /** The full name, such as `acme/api`. */
  readonly repository: string
  readonly tag: string | null
  readonly digest: string | null
  readonly mediaType: string | null
  /** The `sub` of the registry token: the id of an access token or a person. Empty: anonymous. */
  readonly subject: string
  readonly ipAddress: string | null
  readonly userAgent: string | null
  /** The registry's id of the request. */
  readonly requestId: string | null
}
