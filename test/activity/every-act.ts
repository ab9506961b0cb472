import { acts } from './acts.ts'
import { memberActs } from './acts-of-members.ts'

/** Everything that can be done, and is one activity event. */
export const everyAct = [...acts, ...memberActs]
