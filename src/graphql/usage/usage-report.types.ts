import { Field, Int, ObjectType, registerEnumType } from 'type-graphql'
import type { UserRow } from '../../domain/account/user-store.ts'
import { usageDimensions } from '../../domain/model/usage-tables.ts'
import { User } from '../account/user.types.ts'
import { DateTime } from '../date-time.ts'
import { AccessToken } from '../token/access-token.types.ts'
import type { AccessTokenNode } from '../token/access-token-node.ts'

export const UsageDimensionEnum = Object.fromEntries(usageDimensions.map((dimension) => [dimension, dimension]))
registerEnumType(UsageDimensionEnum, {
  name: 'UsageDimension',
  description: 'What a usage report is grouped by.',
  valuesConfig: {
    DAY: { description: 'Day, in UTC.' },
    MONTH: { description: 'Month, in UTC. The first and the last month of a report have only its days.' },
    TOKEN: { description: 'Access token. Null for clients with a password, anonymous clients and visitors.' },
    USER: { description: 'Person, also for personal tokens. Null for organization tokens and anonymous clients.' },
    REPOSITORY: { description: 'Repository.' },
    IP_ADDRESS: { description: 'IP address, as the registry reported it, or the network of a visitor.' },
  },
})

@ObjectType({
  description:
    'Row of a usage report: sums for one combination of the dimensions. Fields of other dimensions are null.',
  simpleResolvers: true,
})
export class UsageRow {
  @Field(() => DateTime, { nullable: true, description: 'Start of the day, in UTC.' })
  day!: string | null

  @Field(() => DateTime, { nullable: true, description: 'Start of the month, in UTC.' })
  month!: string | null

  @Field(() => AccessToken, {
    nullable: true,
    description:
      'Access token. Null if there was no token, if it was deleted, or if the caller cannot see it: tokens can see ' +
      'only themselves, and nobody can see the personal token of another person.',
  })
  accessToken!: AccessTokenNode | null

  @Field(() => String, {
    nullable: true,
    description:
      'Label that the token last had in the period, also after the token is deleted. For a visitor, who pulled a ' +
      'public image with a token or password of somebody else, a pseudonym. Null if there was no token.',
  })
  tokenLabel!: string | null

  @Field(() => User, {
    nullable: true,
    description:
      'The person, or the owner of the personal token. Null if there was no person, and after the account is ' +
      'deleted.',
  })
  user!: UserRow | null

  @Field(() => String, {
    nullable: true,
    description: 'Full name of the repository, also after the repository is deleted.',
  })
  repository!: string | null

  @Field(() => String, { nullable: true, description: 'IP address, or the network of a visitor. Null if unknown.' })
  ipAddress!: string | null

  @Field(() => Int, { description: 'Number of pulls that registries reported.' })
  pulls!: number

  @Field(() => Int, { description: 'Number of pushes that registries reported.' })
  pushes!: number
}

@ObjectType({ description: 'Sums of pulls and pushes.', simpleResolvers: true })
export class UsageTotals {
  @Field(() => Int, { description: 'Number of pulls that registries reported.' })
  pulls!: number

  @Field(() => Int, { description: 'Number of pushes that registries reported.' })
  pushes!: number
}
