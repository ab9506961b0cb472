import { withoutInvisibleCharacters } from '../shared/text.ts'
import type { NoticeContent } from './notice-body.ts'

/** A mail in plain text. */
export interface MailText {
  readonly subject: string
  readonly text: string
}

/** The mail of a notice, which says what happened and what to do. */
export function mailText(notice: NoticeContent, publicUrl: string): MailText {
  const token = `"${withoutInvisibleCharacters(notice.tokenLabel ?? 'a deleted token')}"`
  const of = notice.tokenLabel === null ? notice.name : `${notice.name} with the access token ${token}`
  const { subject, toDo } = contentOf(notice, token, of)
  const details = Object.entries(notice.data).map(
    ([name, value]) => `${spelledOut(name)}: ${withoutInvisibleCharacters(String(value))}`,
  )
  const text = [`${subject}.`, toDo, [`At: ${notice.at}`, ...details].join('\n'), `${publicUrl}/graphql`].join('\n\n')
  return { subject, text: `${text}\n` }
}

function contentOf({ kind, name, data }: NoticeContent, token: string, of: string): { subject: string; toDo: string } {
  const ofName = `The access token ${token} of ${name}`
  switch (kind) {
    case 'TOKEN_EXPIRING':
      return {
        subject: `${ofName} expires ${data.days === 1 ? 'within a day' : `within ${data.days} days`}`,
        toDo: 'After that, logins with it are rejected. Generate another one, and put it where this one is used.',
      }
    case 'TOKEN_EXPIRED':
      return {
        subject: `${ofName} has expired`,
        toDo: 'Logins with it are rejected. Generate another one where it is still needed, and delete this one.',
      }
    case 'TOKEN_USED_FROM_NEW_ADDRESS':
      return {
        subject: `${ofName} was used from a new address`,
        toDo: 'If you do not know the address, rotate or deactivate the token, and look at the activity.',
      }
    case 'ROTATED_SECRET_USED_LATE':
      return {
        subject: `An expired secret of the access token ${token} of ${name} was used`,
        toDo:
          'Something still has the secret from before the rotation: give it the new one. If you know of ' +
          'nothing that does, somebody else has the old secret, which is rejected.',
      }
    case 'USAGE_LIMIT_NEAR':
      return {
        subject: `The pulls of ${of} are near their limit`,
        toDo: 'When the limit is reached, pulls are denied until it resets. Pull less often, or have the limit raised.',
      }
    case 'USAGE_LIMIT_REACHED':
      return {
        subject: `The pulls of ${of} have reached their limit`,
        toDo: 'Pulls are denied until it resets; logins and pushes go on. Have the limit raised if this is too few.',
      }
  }
}

/** `resetsAt` as "Resets at". */
function spelledOut(name: string): string {
  const words = withoutInvisibleCharacters(name).replaceAll(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`)
  return `${words.charAt(0).toUpperCase()}${words.slice(1)}`
}
