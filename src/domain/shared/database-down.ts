/** How long callers wait before they retry while the database is unavailable. */
export const databaseRetrySeconds = 5

// "PostgreSQL Error Codes" in its manual: connections that fail or are closed, too many of them, a missing database.
// Also the codes of Node.
const connectionErrors =
  /^(08|57P0|53300|3D000)|ECONNREFUSED|ECONNRESET|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|ENOENT|ENOTFOUND|EPIPE|ETIMEDOUT/

// The codes of Node and OpenSSL for a server that is not trusted, or does not speak TLS with us.
const tlsErrors = /^(SELF_SIGNED_|DEPTH_ZERO_|UNABLE_TO_|CERT_|ERR_TLS_|ERR_SSL_|EPROTO)/

// Conflicts with other transactions (40), a full disk and memory (53), a failing disk (58), and timeouts of locks,
// statements and transactions.
const passingErrors = /^(40|53|58|55P03|57014|25P0[34])/

// Read-only transaction. After a failover, an old connection reaches a server that only reads.
const readOnly = '25006'

/** Whether an error means a conflict with other transactions, a timeout or a lack of resources. A retry may succeed. */
export function isDatabaseBusy(error: unknown): boolean {
  return passingErrors.test(codeOf(error))
}

/** Whether an error means that the server only reads, so that another connection may reach one that writes. */
export function isDatabaseReadOnly(error: unknown): boolean {
  return codeOf(error) === readOnly
}

/** Whether an error means that there is no connection to the database. */
export function isDatabaseDown(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  const code = codeOf(error)
  if (connectionErrors.test(code) || tlsErrors.test(code)) return true
  return /connection terminated|timeout exceeded when trying to connect|SSL connection/i.test(error.message)
}

/** Whether the database cannot do at the moment what it was asked, for any of these reasons. Callers should retry. */
export function isDatabaseUnavailable(error: unknown): boolean {
  return isDatabaseDown(error) || isDatabaseReadOnly(error) || isDatabaseBusy(error)
}

function codeOf(error: unknown): string {
  const code: unknown = error instanceof Error ? Reflect.get(error, 'code') : undefined
  return typeof code === 'string' ? code : ''
}
