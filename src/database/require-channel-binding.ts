import type pg from 'pg'

const mechanism = 'SCRAM-SHA-256-PLUS'
/** The `code` of the error with which a client gives up. */
export const channelNotBound = 'ERR_CHANNEL_NOT_BOUND'

/**
 * Makes a client give up unless the server proves that it knows the password and sees the same certificate as the client:
 * `channel_binding=require` in https://www.postgresql.org/docs/current/libpq-connect.html. pg itself goes on without.
 */
export function requireChannelBinding({ connection }: Pick<pg.Client, 'connection'>): void {
  let isBound = false
  const giveUp = () => {
    const message = 'it does not log in with SCRAM-SHA-256-PLUS, which channel_binding=require asks for'
    const error = Object.assign(new Error(message), { code: channelNotBound })
    // What the server has sent with its refusal must not make this a connection.
    connection.removeAllListeners('readyForQuery')
    connection.emit('error', error)
    connection.stream.destroy()
  }
  // These are heard before those of pg, which would send the password.
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
