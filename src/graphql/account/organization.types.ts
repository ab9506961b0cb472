import { Field, ObjectType } from 'type-graphql'
import type { Plan } from '../../domain/model/plan.ts'
import { connectionType } from '../connection.ts'
import { DateTime } from '../date-time.ts'
import { Node } from '../node.ts'
import { PlanEnum } from './account.types.ts'

@ObjectType({
  implements: Node,
  description: 'Organization: a namespace with members, repositories and access tokens.',
  simpleResolvers: true,
})
export class Organization extends Node {
  @Field(() => String, { description: 'Name: the namespace of its repositories, and the username for `docker login`.' })
  name!: string

  @Field(() => String, { description: 'Display name.' })
  displayName!: string

  @Field(() => PlanEnum, { description: 'Plan, which sets how many tokens and pulls are allowed.' })
  plan!: Plan

  @Field(() => DateTime, { description: 'Time when the organization was created.' })
  createdAt!: string
}

export const OrganizationConnection = connectionType<Organization>('Organization', () => Organization, 'organizations')
