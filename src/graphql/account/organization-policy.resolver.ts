import { Field, FieldResolver, Int, ObjectType, Resolver, Root } from 'type-graphql'
import type { OrganizationRow } from '../../domain/model/organization.ts'
import { Organization } from './organization.types.ts'

@ObjectType({ description: 'What an organization demands of its access tokens and members.', simpleResolvers: true })
export class OrganizationPolicy {
  @Field(() => Int, {
    nullable: true,
    description: 'For how many days a new access token may live, so that none lives forever; null: without limit.',
  })
  maxTokenLifetimeDays!: number | null

  @Field(() => Boolean, {
    description: 'Whether an inactive access token of the organization can be activated again, and not only deleted.',
  })
  allowTokenReactivation!: boolean

  @Field(() => Boolean, {
    description: "Whether members sign in through the organization's provider only. Access tokens go on working.",
  })
  ssoEnforced!: boolean
}

@Resolver(() => Organization)
export class OrganizationPolicyField {
  @FieldResolver(() => OrganizationPolicy, { description: 'What it demands of its access tokens and members.' })
  policy(@Root() organization: OrganizationRow): OrganizationPolicy {
    return organization
  }
}
