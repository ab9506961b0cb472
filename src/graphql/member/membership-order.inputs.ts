import type { MemberOrder } from '../../domain/member/list-members.ts'
import { orderInputType } from '../order.inputs.ts'

export const MembershipOrder = orderInputType<MemberOrder['field']>('Membership', 'memberships', {
  USERNAME: 'Username of the person.',
  JOINED_AT: 'Time when the person joined.',
})
