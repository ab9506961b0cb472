import { Field, ObjectType } from 'type-graphql'
import type { Plan } from '../../domain/model/plan.ts'
import { connectionType } from '../connection.ts'
import { DateTime } from '../date-time.ts'
import { Node } from '../node.ts'
import { PlanEnum } from './account.types.ts'

@ObjectType({
  implements: Node,
  description: 'An organization: it owns repositories and access tokens, and people belong to it.',
  simpleResolvers: true,
})
export class Organization extends Node {
  @Field(() => String, { description: 'The namespace: what `docker login --username` takes.' })
  name!: string

  @Field(() => String, { description: 'The name to show.' })
  displayName!: string

  @Field(() => PlanEnum, { description: 'The plan; it decides how many tokens and pulls there are.' })
  plan!: Plan

  @Field(() => DateTime, { description: 'When the organization was made.' })
  createdAt!: string
}

export const OrganizationConnection = connectionType<Organization>('Organization', () => Organization, 'organizations')
