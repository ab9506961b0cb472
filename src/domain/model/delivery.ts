import { defineEntity, p } from '@mikro-orm/postgresql'
import { Namespace } from './namespace.ts'
import { Notice } from './notice.ts'
import { User } from './user.ts'
import { Webhook } from './webhook.ts'

export const deliveryStatuses = ['PENDING', 'DELIVERED', 'FAILED'] as const
export type DeliveryStatus = (typeof deliveryStatuses)[number]

export const DeliverySchema = defineEntity({
  name: 'Delivery',
  properties: {
    id: p.text().primary(),
    namespace: () => p.manyToOne(Namespace).mapToPk(),
    notice: () => p.manyToOne(Notice).mapToPk(),
    webhook: () => p.manyToOne(Webhook).mapToPk().nullable(),
    user: () => p.manyToOne(User).mapToPk().nullable(),
    status: p.enum(deliveryStatuses),
    attempts: p.integer(),
    nextAttemptAt: p.datetime().nullable(),
    responseStatus: p.integer().nullable(),
    error: p.text().nullable(),
    deliveredAt: p.datetime().nullable(),
  },
})

/** A notice on its way to a webhook, or to a person by mail. A pending one is sent at `nextAttemptAt`. */
export class Delivery extends DeliverySchema.class {}
DeliverySchema.setClass(Delivery)
