/** How long callers wait before they try again while the database is away, in seconds. */
export const databaseRetrySeconds = 5

const connectionFaults =
  /^(08|57P0|53300|3D000)|ECONNREFUSED|ECONNRESET|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|ENOENT|ENOTFOUND|EPIPE|ETIMEDOUT/

// What Node and OpenSSL call a server that cannot be trusted, or does not speak TLS with us, any more.
const tlsFaults = /^(SELF_SIGNED_|DEPTH_ZERO_|UNABLE_TO_|CERT_|ERR_TLS_|ERR_SSL_|EPROTO)/

/** Whether an error says that others were in the way, or that it took too long: the same may go well the next time. */
export function isDatabaseBusy(error: unknown): boolean {
  return error instanceof Error && /^(40|53|55P03|57014)/.test(String(Reflect.get(error, 'code')))
}

/** Whether an error says that the database is away, or has no connection left, rather than that we asked it wrongly. */
export function isDatabaseDown(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  const code: unknown = Reflect.get(error, 'code')
  if (typeof code === 'string' && (connectionFaults.test(code) || tlsFaults.test(code))) return true
  return /connection terminated|timeout exceeded when trying to connect|SSL connection/i.test(error.message)
}
