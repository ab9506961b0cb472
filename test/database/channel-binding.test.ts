import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { createServer } from 'node:tls'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { openDatabase } from '../../src/database/open-database.ts'
import { createAuthority } from '../harness/certificates.ts'

// "AuthenticationCleartextPassword", "AuthenticationOk" and "ReadyForQuery" in
// https://www.postgresql.org/docs/current/protocol-message-formats.html
const askForPassword = Buffer.from('520000000800000003', 'hex')
const letIn = Buffer.from('5200000008000000005a0000000549', 'hex')

let said: Buffer
let heard: Buffer[]
// A man in the middle between Postern and its database, which `sslmode=require` does not detect.
const server = createServer({ ALPNProtocols: ['postgresql'] }, (socket) => {
  socket.on('error', () => undefined)
  socket.once('data', () => {
    socket.on('data', (data) => {
      heard.push(data)
      socket.end()
    })
    socket.write(said)
  })
})
beforeAll(async () => {
  const { certificate, key } = await (await createAuthority('Nobody')).issue('localhost', ['localhost'])
  server.setSecureContext({ cert: certificate, key })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
})
afterAll(() => server.close())

async function heardFrom(parameters: string): Promise<string> {
  heard = []
  const { port } = server.address() as AddressInfo
  const url = `postgres://postern:hunter2@127.0.0.1:${port}/postern?sslmode=require&sslnegotiation=direct&${parameters}`
  const database = await openDatabase(`${url}&connect_timeout=20`)
  await expect(database.em.fork().execute('select 7')).rejects.toThrow()
  await database.close()
  return Buffer.concat(heard).toString('latin1')
}

it.each([
  ['for the password', askForPassword, 'hunter2'],
  ['for nothing', letIn, 'select '],
])('channel_binding=require sends no secret to a server that requests %s', async (_what, message, secret) => {
  said = message
  expect(await heardFrom('channel_binding=prefer')).toContain(secret)
  expect(await heardFrom('channel_binding=require')).toBe('')
})
