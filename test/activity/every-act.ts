import { acts } from './acts.ts'
import { companyActs } from './acts-of-companies.ts'
import { memberActs } from './acts-of-members.ts'
import { deviceActs } from './device-acts.ts'
import { groupActs } from './group-acts.ts'
import { personalTokenActs } from './personal-token-acts.ts'
import { ssoActs } from './sso-acts.ts'
import { tokenActs } from './token-acts.ts'
import { webhookActs } from './webhook-acts.ts'

/** Every action that records exactly one activity event. */
export const everyAct = [
  ...acts,
  ...tokenActs,
  ...companyActs,
  ...groupActs,
  ...personalTokenActs,
  ...deviceActs,
  ...ssoActs,
  ...memberActs,
  ...webhookActs,
]
