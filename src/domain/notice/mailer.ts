import type { Transporter } from 'nodemailer'
import { type Attempt, withoutResponse } from './attempt.ts'
import type { MailText } from './mail-text.ts'

/** A mail to one person. */
export interface Mail extends MailText {
  /** The same at each attempt, so that receivers can recognize duplicates. */
  readonly id: string
  readonly to: string
}

/** Sends mails through a server. */
export interface Mailer {
  readonly send: (mail: Mail, stop: AbortSignal) => Promise<Attempt>
  readonly close: () => void
}

const timeoutMs = 10_000
const maxConnections = 4

/**
 * A mailer that sends from an address through the server at the URL, with STARTTLS if the server offers it. It loads
 * the library and connects at the first mail.
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
        // Keeps the content of mails from reading files or fetching URLs.
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
        stop.addEventListener('abort', () => resolve(withoutResponse('STOPPED', 'The server was stopped.')), ended),
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

// Only the code, because messages can contain addresses and credentials.
function toAttempt(error: unknown): Attempt {
  const code: unknown = Reflect.get(Object(error), 'responseCode')
  const responseStatus = typeof code === 'number' ? code : null
  // RFC 5321, section 4.2.1: 5yz is permanent. Others, such as credentials (535), can be corrected, and are retried.
  const isPermanent = responseStatus === 550 || responseStatus === 553
  const message =
    responseStatus === null
      ? 'The mail server did not respond as it should.'
      : `The mail server responded with ${responseStatus}.`
  return { outcome: isPermanent ? 'UNDELIVERABLE' : 'FAILED', responseStatus, error: message }
}
