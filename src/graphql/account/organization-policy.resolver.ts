import { Field, FieldResolver, Int, ObjectType, Resolver, Root } from 'type-graphql'
import type { OrganizationRow } from '../../domain/model/organization.ts'
import { Organization } from './organization.types.ts'

@ObjectType({
  description: 'Requirements of an organization for its access tokens and members.',
  simpleResolvers: true,
})
export class OrganizationPolicy {
  @Field(() => Int, {
    nullable: true,
    description: 'Maximum lifetime of new access tokens, in days. Null means no maximum: tokens may also never expire.',
  })
  maxTokenLifetimeDays!: number | null

  @Field(() => Boolean, {
    description:
      'Whether inactive access tokens of the organization can be activated again. If not, they can only be deleted.',
  })
  allowTokenReactivation!: boolean

  @Field(() => Boolean, {
    description: 'Whether access tokens of the organization with TOKEN_ROTATE_SELF can rotate themselves.',
  })
  allowTokenSelfRotation!: boolean

  @Field(() => Boolean, {
    description:
      'Whether members must sign in through the provider of the organization. Access tokens continue to work.',
  })
  ssoEnforced!: boolean
}

@Resolver(() => Organization)
export class OrganizationPolicyField {
  @FieldResolver(() => OrganizationPolicy, { description: 'Requirements for access tokens and members.' })
  policy(@Root() organization: OrganizationRow): OrganizationPolicy {
    return organization
  }
}
