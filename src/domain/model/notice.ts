import { defineEntity, p } from '@mikro-orm/postgresql'
import { Namespace } from './namespace.ts'

/** The kinds of notices. */
export const noticeKinds = [
  'TOKEN_EXPIRING',
  'TOKEN_EXPIRED',
  'TOKEN_USED_FROM_NEW_ADDRESS',
  'ROTATED_SECRET_USED_LATE',
  'USAGE_LIMIT_NEAR',
  'USAGE_LIMIT_REACHED',
] as const

export type NoticeKind = (typeof noticeKinds)[number]

export const NoticeSchema = defineEntity({
  name: 'Notice',
  properties: {
    id: p.text().primary(),
    namespace: () => p.manyToOne(Namespace).mapToPk(),
    kind: p.enum(noticeKinds),
    at: p.datetime(),
    tokenId: p.text().nullable(),
    tokenLabel: p.text().nullable(),
    data: p.json().$type<Record<string, string | number>>(),
    occasion: p.text(),
  },
})

/** A notification to an organization or person. Each `occasion` is sent once. */
export class Notice extends NoticeSchema.class {}
NoticeSchema.setClass(Notice)
