import type pg from 'pg'

const mechanism = 'SCRAM-SHA-256-PLUS'
/** The `code` of the error if the channel is not bound. */
export const channelNotBound = 'ERR_CHANNEL_NOT_BOUND'

/**
 * Closes a connection unless the server proves that it knows the password and uses the certificate that the client
 * sees: `channel_binding=require` in https://www.postgresql.org/docs/current/libpq-connect.html. pg itself does not
 * require it.
 */
export function requireChannelBinding({ connection }: Pick<pg.Client, 'connection'>): void {
  let isBound = false
  const giveUp = () => {
    const message = 'it does not log in with SCRAM-SHA-256-PLUS, which channel_binding=require demands'
    const error = Object.assign(new Error(message), { code: channelNotBound })
    // A `readyForQuery` that the server has already sent must not open this connection.
    connection.removeAllListeners('readyForQuery')
    connection.emit('error', error)
    connection.stream.destroy()
  }
  // These listeners run before those of pg, which would send the password.
  connection.on('authenticationCleartextPassword', giveUp)
  connection.on('authenticationMD5Password', giveUp)
  connection.on('authenticationSASL', ({ mechanisms }: { readonly mechanisms: readonly string[] }) => {
    if (!mechanisms.includes(mechanism)) giveUp()
  })
  connection.on('authenticationSASLFinal', () => {
    isBound = true
  })
  connection.on('authenticationOk', () => {
    if (!isBound) giveUp()
  })
}
