/** The codes of the OCI distribution specification ("Error codes") that Postern answers with. */
export type RegistryErrorCode = 'UNAUTHORIZED' | 'TOOMANYREQUESTS' | 'UNSUPPORTED' | 'UNAVAILABLE' | 'UNKNOWN'

/** The body that registry clients read a refusal from. Docker shows `message` to its user word for word. */
export interface RegistryErrorBody {
  errors: [{ code: RegistryErrorCode; message: string }]
}

/** A refusal of the registry door. The message reaches people's terminals: a plain sentence without secrets. */
export class RegistryError extends Error {
  override readonly name = 'RegistryError'
  /** The HTTP status. */
  readonly status: number
  readonly code: RegistryErrorCode
  /** Whole seconds to wait before another try, for the header `Retry-After`. */
  readonly retryAfterSeconds: number | undefined

  constructor(refusal: { status: number; code: RegistryErrorCode; message: string; retryAfterSeconds?: number }) {
    super(refusal.message)
    this.status = refusal.status
    this.code = refusal.code
    // The header takes no fractions (RFC 9110, 10.2.3), and a client that came too early would be refused again.
    this.retryAfterSeconds =
      refusal.retryAfterSeconds === undefined ? undefined : Math.max(0, Math.ceil(refusal.retryAfterSeconds))
  }

  /** The body of the OCI distribution specification, which clients understand on GET and on POST alike. */
  toBody(): RegistryErrorBody {
    return { errors: [{ code: this.code, message: this.message }] }
  }
}
