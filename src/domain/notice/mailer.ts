import type { Transporter } from 'nodemailer'
import { type Attempt, withoutAnswer } from './attempt.ts'
import type { MailText } from './mail-text.ts'

/** A mail to one person. */
export interface Mail extends MailText {
  /** The same at each attempt, so that a mail that came twice can be told. */
  readonly id: string
  readonly to: string
}

/** Sends mails by a server. */
export interface Mailer {
  readonly send: (mail: Mail, stop: AbortSignal) => Promise<Attempt>
  readonly close: () => void
}

const timeoutMs = 10_000
const maxConnections = 4

/**
 * Sends mails from an address by the server that the URL names, with STARTTLS where that offers it. Nothing is connected to, or
 * loaded, before the first mail.
 */
export function createMailer(smtpUrl: string, from: string): Mailer {
  let connecting: Promise<Transporter> | undefined
  let transporter: Transporter | undefined
  const connect = async () => {
    const { createTransport } = await import('nodemailer')
    transporter = createTransport(
      {
        url: smtpUrl,
        pool: true,
        maxConnections,
        connectionTimeout: timeoutMs,
        greetingTimeout: timeoutMs,
        socketTimeout: timeoutMs,
        // Nothing in a mail makes the server read a file or fetch an address.
        disableFileAccess: true,
        disableUrlAccess: true,
      },
      { from },
    )
    return transporter
  }
  return {
    async send({ id, to, subject, text }, stop) {
      connecting ??= connect()
      const ended = new AbortController()
      const stopped = new Promise<Attempt>((resolve) =>
        stop.addEventListener('abort', () => resolve(withoutAnswer('GIVEN_BACK', 'The server was stopped.')), ended),
      )
      const headers = { 'auto-submitted': 'auto-generated' }
      const messageId = `<${id}@${from
        .split('@')
        .at(-1)
        ?.replaceAll(/[^\w.-]/g, '')}>`
      const sending = (await connecting)
        .sendMail({ to: { name: '', address: to }, subject, text, messageId, headers })
        .then((): Attempt => ({ outcome: 'DELIVERED', responseStatus: null, error: null }), toAttempt)
      return Promise.race([sending, stopped]).finally(() => ended.abort())
    },
    close: () => transporter?.close(),
  }
}

// By code, because messages hold what the server said of addresses and credentials.
function toAttempt(error: unknown): Attempt {
  const code: unknown = Reflect.get(Object(error), 'responseCode')
  const responseStatus = typeof code === 'number' ? code : null
  // RFC 5321, section 4.2.1: 5yz is for good. Credentials (535) and the like are ours to put right, and tried again.
  const isForGood = responseStatus === 550 || responseStatus === 553
  const said =
    responseStatus === null
      ? 'The mail server did not answer as it should.'
      : `The mail server answered ${responseStatus}.`
  return { outcome: isForGood ? 'REFUSED' : 'FAILED', responseStatus, error: said }
}
