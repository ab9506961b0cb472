import type { GraphQLResolveInfo } from 'graphql'
import { type ClassType, Field, ID, ObjectType } from 'type-graphql'
import type { OrganizationRow } from '../domain/model/organization.ts'
import { Organization } from './account/organization.types.ts'
import type { Context } from './context.ts'
import { selectedFields } from './selected-fields.ts'
import { type UserError, UserErrorsField } from './user-error.ts'

/** What a payload says about a deleted object, so that caches can remove it. */
export interface Deleted {
  readonly deletedId: string
  readonly deletedTypename: string
  readonly organization: OrganizationRow | null
}

/** Creates the payload type of a mutation that deletes an object. */
export function deletePayloadType(name: string, description: string): ClassType<object> {
  @ObjectType(name, { description, simpleResolvers: true })
  class DeletePayload {
    @Field(() => ID, { nullable: true, description: 'Id of the deleted object. Null if there are `userErrors`.' })
    deletedId!: string | null

    @Field(() => String, {
      nullable: true,
      description: 'Type of the deleted object, with which caches store it. Null if there are `userErrors`.',
    })
    deletedTypename!: string | null

    @Field(() => Organization, {
      nullable: true,
      description:
        'Organization that the object was in, with its new counts. Null if it was that of a person, if the caller ' +
        'cannot see the organization, and if there are `userErrors`.',
    })
    organization!: OrganizationRow | null

    @UserErrorsField()
    userErrors!: UserError[]
  }
  return DeletePayload
}

/** The result for a deleted object of this namespace. The organization is looked up if it is requested. */
export async function toDeleted(
  { loaders }: Context,
  info: GraphQLResolveInfo,
  deletedTypename: string,
  deletedId: string,
  namespaceId: string,
): Promise<Deleted> {
  const isRequested = selectedFields(info).has('organization')
  const organization = isRequested ? await loaders.organizationById.load(namespaceId) : null
  return { deletedId, deletedTypename, organization }
}
