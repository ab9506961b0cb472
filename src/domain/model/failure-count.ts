import { defineEntity, p } from '@mikro-orm/postgresql'

export const FailureCountSchema = defineEntity({
  name: 'FailureCount',
  properties: {
    // A keyed hash of the budget and its subject, because people type passwords into the field for the username.
    key: p.blob().primary(),
    failures: p.integer(),
    endsAt: p.datetime(),
  },
})

/** The number of failures of a budget, until its window ends. */
export class FailureCount extends FailureCountSchema.class {}
FailureCountSchema.setClass(FailureCount)
