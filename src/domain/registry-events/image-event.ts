/** What a registry reports: somebody pulled, pushed or deleted an image or tag, or checked a manifest (HEAD). */
export interface ImageEvent {
  /** The registry's: the same when it tells of it again. */
  readonly id: string
  readonly kind: 'PULL' | 'CHECK' | 'PUSH' | 'DELETE'
  /** By the registry's clock. */
  readonly at: Date
  /** The full name: `acme/api`. */
  readonly repository: string
  readonly tag: string | null
  readonly digest: string | null
  readonly mediaType: string | null
  /** The `sub` of the registry token that it was done with: the id of an access token or a person; empty: anonymous. */
  readonly subject: string
  readonly ipAddress: string | null
  readonly userAgent: string | null
  /** The id that the registry gave the request. */
  readonly requestId: string | null
}
