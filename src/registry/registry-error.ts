/** The codes of the OCI distribution specification ("Error codes") that Postern returns. */
export type RegistryErrorCode = 'UNAUTHORIZED' | 'TOOMANYREQUESTS' | 'UNSUPPORTED' | 'UNAVAILABLE' | 'UNKNOWN'

/** The body of an error for registry clients. Docker shows `message` to its user unchanged. */
export interface RegistryErrorBody {
  errors: [{ code: RegistryErrorCode; message: string }]
}

/** An error of the token endpoint. People read the message on their terminals: a sentence without secrets. */
export class RegistryError extends Error {
  override readonly name = 'RegistryError'
  /** The HTTP status. */
  readonly status: number
  readonly code: RegistryErrorCode
  /** Whole seconds until a retry, for the header `Retry-After`. */
  readonly retryAfterSeconds: number | undefined

  constructor(error: { status: number; code: RegistryErrorCode; message: string; retryAfterSeconds?: number }) {
    super(error.message)
    this.status = error.status
    this.code = error.code
    // The header has whole seconds (RFC 9110, 10.2.3), and a client that retries too early would be denied again.
    this.retryAfterSeconds =
      error.retryAfterSeconds === undefined ? undefined : Math.max(0, Math.ceil(error.retryAfterSeconds))
  }

  /** The body of the OCI distribution specification, which clients understand on GET and on POST alike. */
  toBody(): RegistryErrorBody {
    return { errors: [{ code: this.code, message: this.message }] }
  }
}
