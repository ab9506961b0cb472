import { z } from 'zod'
import { noticeKinds } from '../model/notice.ts'
import { addError } from '../shared/input.ts'
import { nullableText } from '../shared/text.ts'

/** The maximum number of webhooks of an organization. */
export const maxWebhooks = 10

const maxUrlLength = 2_000

export const webhookDescriptionInput = nullableText({ name: 'description', minLength: 0, maxLength: 200 })

/** The URL in its normal form. Null is an empty text. */
export const webhookUrlInput = z
  .string()
  .nullable()
  .transform((text, context): string => {
    const url = URL.parse(text ?? '')
    if (url !== null && (text ?? '').length <= maxUrlLength && isPlainUrl(url)) return url.href
    addError(
      context,
      `Give an http or https address of up to ${maxUrlLength} characters, without user, password and #.`,
    )
    return z.NEVER
  })

function isPlainUrl({ protocol, username, password, hash }: URL): boolean {
  return (protocol === 'https:' || protocol === 'http:') && username === '' && password === '' && hash === ''
}

/** The kinds of notices that a webhook receives, each once. Null is an empty list. */
export const webhookEventsInput = z
  .array(z.enum(noticeKinds))
  .readonly()
  .nullable()
  .transform((kinds) => noticeKinds.filter((kind) => kinds?.includes(kind)))
  .refine(({ length }) => length > 0, 'Name at least one kind of notice to send.')
