import { Field, InputType } from 'type-graphql'
import type { AccessTokenStatus } from '../../domain/model/access-token.ts'
import type { TokenFilter } from '../../domain/token/list-tokens.ts'
import { DateTime } from '../date-time.ts'
import { AccessTokenStatusEnum } from './token.types.ts'

@InputType({ description: 'Narrows a list of access tokens; all that is given has to hold.' })
export class AccessTokenFilter implements TokenFilter {
  @Field(() => [AccessTokenStatusEnum], { nullable: true, description: 'Tokens in one of these statuses.' })
  status?: AccessTokenStatus[] | null

  @Field(() => String, {
    nullable: true,
    description: 'Tokens with this in their label or description, in upper or lower case.',
  })
  search?: string | null

  @Field(() => String, { nullable: true, description: 'Tokens made by the person of this username.' })
  createdBy?: string | null

  @Field(() => DateTime, {
    nullable: true,
    description: 'Tokens with no use at or after this moment, those never used among them.',
  })
  unusedSince?: Date | null

  @Field(() => DateTime, { nullable: true, description: 'Tokens that expire before this moment.' })
  expiresBefore?: Date | null
}
