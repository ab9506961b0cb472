import { Field, Int, ObjectType, registerEnumType } from 'type-graphql'
import type { UserRow } from '../../domain/account/user-store.ts'
import { usageDimensions } from '../../domain/usage/usage-report.ts'
import { User } from '../account/user.types.ts'
import { DateTime } from '../date-time.ts'
import { AccessToken } from '../token/access-token.types.ts'
import type { AccessTokenNode } from '../token/access-token-node.ts'

export const UsageDimensionEnum = Object.fromEntries(usageDimensions.map((dimension) => [dimension, dimension]))
registerEnumType(UsageDimensionEnum, {
  name: 'UsageDimension',
  description: 'What a usage report tells apart.',
  valuesConfig: {
    DAY: { description: 'Days, in UTC.' },
    TOKEN: { description: 'The access tokens that were used; none for who used a password or nothing.' },
    USER: { description: 'The people, also behind personal tokens; none for tokens of organizations.' },
    REPOSITORY: { description: 'The repositories.' },
    IP_ADDRESS: { description: 'The addresses, as the registry told of them.' },
  },
})

@ObjectType({
  description: 'The usage that is the same in all that the report tells apart. What it does not tell apart is null.',
  simpleResolvers: true,
})
export class UsageRow {
  @Field(() => DateTime, { nullable: true, description: 'The beginning of the day, in UTC.' })
  day!: string | null

  @Field(() => AccessToken, {
    nullable: true,
    description:
      'The access token; null when there was none or it is gone, and where the caller may not see it: a token sees none but itself, and nobody the personal token of another.',
  })
  accessToken!: AccessTokenNode | null

  @Field(() => String, {
    nullable: true,
    description: 'The label that the token had last, also when it is gone; null when there was none.',
  })
  tokenLabel!: string | null

  @Field(() => User, {
    nullable: true,
    description: 'The person, also behind a personal token; null when there was none, and once that account is gone.',
  })
  user!: UserRow | null

  @Field(() => String, { nullable: true, description: 'The full name of the repository, also when it is gone.' })
  repository!: string | null

  @Field(() => String, { nullable: true, description: 'The address; null also when it is not known.' })
  ipAddress!: string | null

  @Field(() => Int, { description: 'How many pulls registries have told of.' })
  pulls!: number

  @Field(() => Int, { description: 'How many pushes registries have told of.' })
  pushes!: number
}
