import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { SMTPServer } from 'smtp-server'
import { vi } from 'vitest'
import { patience } from './patience.ts'

/** A mail as the server received it: the envelope, and the raw message. */
export interface ReceivedMail {
  readonly from: string
  readonly to: readonly string[]
  readonly message: string
}

/** A mail server on this machine that requires the user `postern` and a password. */
export interface MailServer {
  readonly url: string
  readonly mails: readonly ReceivedMail[]
  /** The error for a recipient; null to accept everyone. */
  refusing: number | null
  readonly waitFor: (count: number) => Promise<readonly ReceivedMail[]>
  readonly stop: () => Promise<void>
}

const password = 'the password of the mail server'

export async function startMailServer(): Promise<MailServer> {
  const mails: ReceivedMail[] = []
  const server = new SMTPServer({
    logger: false,
    disabledCommands: ['STARTTLS'],
    allowInsecureAuth: true,
    onAuth(auth, _session, callback) {
      const isRight = auth.username === 'postern' && auth.password === password
      callback(isRight ? null : new Error('wrong'), isRight ? { user: 'postern' } : undefined)
    },
    onRcptTo(_address, _session, callback) {
      if (mailServer.refusing === null) return callback()
      callback(Object.assign(new Error('refused'), { responseCode: mailServer.refusing }))
    },
    async onData(stream, { envelope }, callback) {
      const chunks: Buffer[] = []
      for await (const chunk of stream) chunks.push(chunk)
      const from = envelope.mailFrom ? envelope.mailFrom.address : ''
      mails.push({ from, to: envelope.rcptTo.map(({ address }) => address), message: Buffer.concat(chunks).toString() })
      callback()
    },
  })
  server.listen(0, '127.0.0.1')
  await once(server.server, 'listening')
  const { port } = server.server.address() as AddressInfo
  const mailServer: MailServer = {
    url: `smtp://postern:${encodeURIComponent(password)}@127.0.0.1:${port}`,
    mails,
    refusing: null,
    async waitFor(count) {
      await vi.waitFor(() => {
        if (mails.length < count) throw new Error(`${mails.length} of ${count} have come.`)
      }, patience)
      return mails
    },
    stop: () => new Promise((resolve) => server.close(() => resolve())),
  }
  return mailServer
}
