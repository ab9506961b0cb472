/** One successful authentication, pull or push. */
export interface TokenUse {
  readonly namespaceId: string
  readonly tokenId: string
  /** Null: told by a registry, which knows no secret. */
  readonly secretId: string | null
  readonly at: Date
  readonly ipAddress: string | null
  readonly client: string | null
  /** The repository that was asked for, if any. */
  readonly repository: string | null
}
