import { type NoticeKind, noticeKinds } from '../model/notice.ts'
import type { InputErrors } from '../shared/errors.ts'

/** How many webhooks an organization has at most. */
export const maxWebhooks = 10

/** What a webhook's description may be. */
export const webhookDescriptionRule = { name: 'description', minLength: 0, maxLength: 200 }

const maxUrlLength = 2_000

/** The address to send to, as a URL is written; adds a fault for what is none, or holds more than an address. */
export function parseWebhookUrl(text: string, path: readonly string[], errors: InputErrors): string {
  const url = URL.parse(text)
  const isRight =
    url !== null &&
    text.length <= maxUrlLength &&
    (url.protocol === 'https:' || url.protocol === 'http:') &&
    url.username === '' &&
    url.password === '' &&
    url.hash === ''
  if (isRight) return url.href
  errors.add(
    'INVALID',
    path,
    `Give an http or https address of up to ${maxUrlLength} characters, without user, password and #.`,
  )
  return ''
}

/** What to tell of, each kind once; adds a fault where that is nothing. */
export function parseEvents(kinds: readonly NoticeKind[], path: readonly string[], errors: InputErrors): NoticeKind[] {
  if (kinds.length === 0) errors.add('INVALID', path, 'Name at least one kind of notice to tell of.')
  return noticeKinds.filter((kind) => kinds.includes(kind))
}
