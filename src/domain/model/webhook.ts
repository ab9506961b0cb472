import { defineEntity, p } from '@mikro-orm/postgresql'
import type { NoticeKind } from './notice.ts'
import { Organization } from './organization.ts'

export const WebhookSchema = defineEntity({
  name: 'Webhook',
  properties: {
    id: p.text().primary(),
    namespace: () => p.manyToOne(Organization).mapToPk(),
    url: p.text(),
    description: p.text().nullable(),
    events: p.array().$type<NoticeKind[]>(),
    isActive: p.boolean(),
    encryptedSecret: p.blob().hidden(),
    encryptedPreviousSecret: p.blob().hidden().nullable(),
    previousSecretEndsAt: p.datetime().nullable(),
    createdAt: p.datetime(),
  },
})

/**
 * A URL that receives an organization's notices. Deliveries are signed with its secret, and for a day after a rotation
 * also with the old one.
 */
export class Webhook extends WebhookSchema.class {}
WebhookSchema.setClass(Webhook)
