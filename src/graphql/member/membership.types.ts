import { Ctx, Field, FieldResolver, ID, ObjectType, Resolver, Root } from 'type-graphql'
import type { UserRow } from '../../domain/account/user-store.ts'
import type { OrganizationRole } from '../../domain/model/membership.ts'
import { OrganizationRoleEnum } from '../account/account.types.ts'
import { User } from '../account/user.types.ts'
import { connectionType } from '../connection.ts'
import type { Context } from '../context.ts'
import { DateTime } from '../date-time.ts'

/** A membership as GraphQL returns it: of an organization or of a group. */
export interface MembershipNode {
  readonly id: string
  readonly userId: string
  readonly role: OrganizationRole
  readonly joinedAt: string
}

/** The membership of a person in the organization or group with this id. */
export function toMembership(parentId: string, member: Omit<MembershipNode, 'id'>): MembershipNode {
  const { userId, role, joinedAt } = member
  return { id: `${parentId}:${userId}`, userId, role, joinedAt }
}

@ObjectType({ description: 'Membership of a person in an organization or a group.', simpleResolvers: true })
export class Membership {
  @Field(() => ID, {
    description: 'Id for caches, unique among memberships of organizations and groups. `node` does not find it.',
  })
  id!: string

  @Field(() => OrganizationRoleEnum, { description: 'Role of the person in the organization.' })
  role!: OrganizationRole

  @Field(() => DateTime, { description: 'Time when the person joined.' })
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
