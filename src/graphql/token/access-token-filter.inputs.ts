import { Field, InputType } from 'type-graphql'
import type { AccessTokenStatus } from '../../domain/model/access-token.ts'
import type { TokenFilter } from '../../domain/token/list-tokens.ts'
import { DateTime } from '../date-time.ts'
import { AccessTokenStatusEnum } from './token.types.ts'

@InputType({ description: 'Conditions for a list of access tokens. Tokens must meet all of them.' })
export class AccessTokenFilter implements TokenFilter {
  @Field(() => [AccessTokenStatusEnum], { nullable: true, description: 'Tokens with one of these statuses.' })
  status?: AccessTokenStatus[] | null

  @Field(() => String, {
    nullable: true,
    description: 'Tokens whose label or description contains this text. Ignores case.',
  })
  search?: string | null

  @Field(() => String, { nullable: true, description: 'Tokens that the person with this username generated.' })
  createdBy?: string | null

  @Field(() => DateTime, {
    nullable: true,
    description: 'Tokens without a successful use since this time, including tokens that were never used.',
  })
  unusedSince?: Date | null

  @Field(() => DateTime, { nullable: true, description: 'Tokens that expire before this time.' })
  expiresBefore?: Date | null
}
