import { defineEntity, p } from '@mikro-orm/postgresql'

export const FailureCountSchema = defineEntity({
  name: 'FailureCount',
  properties: {
    // A keyed hash of the budget and of what the failures have in common: people type passwords into the field for the name.
    key: p.blob().primary(),
    failures: p.integer(),
    endsAt: p.datetime(),
  },
})

/** The failures that count against one budget, until its window ends. */
export class FailureCount extends FailureCountSchema.class {}
FailureCountSchema.setClass(FailureCount)
