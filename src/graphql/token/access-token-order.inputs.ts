import type { TokenOrderField } from '../../domain/token/token-order.ts'
import { orderInputType } from '../order.inputs.ts'

export const AccessTokenOrder = orderInputType<TokenOrderField>('AccessToken', 'access tokens', {
  CREATED_AT: 'Time when the token was generated.',
  LABEL: 'Label, without regard to case.',
  LAST_USED_AT: 'Time of the last use. Tokens that were never used come before all others in ascending order.',
  EXPIRES_AT: 'Time when the token expires. Tokens that never expire come after all others in ascending order.',
})
