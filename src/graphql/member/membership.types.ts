import { Ctx, Field, FieldResolver, ObjectType, Resolver, Root } from 'type-graphql'
import type { UserRow } from '../../domain/account/user-store.ts'
import type { OrganizationRole } from '../../domain/model/membership.ts'
import { OrganizationRoleEnum } from '../account/account.types.ts'
import { User } from '../account/user.types.ts'
import { connectionType } from '../connection.ts'
import type { Context } from '../context.ts'
import { DateTime } from '../date-time.ts'

/** A membership as GraphQL answers it: of an organization, or of a group in it. */
export interface MembershipNode {
  readonly userId: string
  readonly role: OrganizationRole
  readonly joinedAt: string
}

@ObjectType({ description: 'A person in an organization, or in a group of one.', simpleResolvers: true })
export class Membership {
  @Field(() => OrganizationRoleEnum, { description: 'The role that the person has in the organization.' })
  role!: OrganizationRole

  @Field(() => DateTime, { description: 'Since when the person has belonged to it.' })
  joinedAt!: string
}

@Resolver(() => Membership)
export class MembershipFields {
  @FieldResolver(() => User, { description: 'The person.' })
  user(@Root() { userId }: MembershipNode, @Ctx() { loaders }: Context): Promise<UserRow | null> {
    return loaders.userById.load(userId)
  }
}

export const MembershipConnection = connectionType<Membership>('Membership', () => Membership, 'memberships')
