/** How long callers wait before they retry while the database is unavailable. */
export const databaseRetrySeconds = 5

const connectionErrors =
  /^(08|57P0|53300|3D000)|ECONNREFUSED|ECONNRESET|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|ENOENT|ENOTFOUND|EPIPE|ETIMEDOUT/

// The codes of Node and OpenSSL for a server that is not trusted, or does not speak TLS with us.
const tlsErrors = /^(SELF_SIGNED_|DEPTH_ZERO_|UNABLE_TO_|CERT_|ERR_TLS_|ERR_SSL_|EPROTO)/

/** Whether an error means a conflict with other transactions, or a timeout, so that a retry may succeed. */
export function isDatabaseBusy(error: unknown): boolean {
  return error instanceof Error && /^(40|53|55P03|57014)/.test(String(Reflect.get(error, 'code')))
}

/** Whether an error means that the database is unavailable or has no free connection. */
export function isDatabaseDown(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  const code: unknown = Reflect.get(error, 'code')
  if (typeof code === 'string' && (connectionErrors.test(code) || tlsErrors.test(code))) return true
  return /connection terminated|timeout exceeded when trying to connect|SSL connection/i.test(error.message)
}
