import { Field, ObjectType, registerEnumType } from 'type-graphql'
import type { Permission } from '../../domain/model/permission.ts'
import type { AccessRefusalReason } from '../../domain/policy/access-denial.ts'
import type { PermissionExplanation as Explained } from '../../domain/registry-access/explain-access.ts'
import { PermissionEnum } from '../token/scope.types.ts'

const reasons: Readonly<Record<AccessRefusalReason, string>> = {
  TOKEN_INACTIVE: 'The token is inactive: it is refused altogether.',
  TOKEN_EXPIRED: 'The token has expired: it is refused altogether.',
  REPOSITORY_MISSING: 'The caller sees no such repository, and what is asked for does not make it.',
  NO_SCOPE_FOR_REPOSITORY: 'No scope of the token covers the repository.',
  PERMISSION_NOT_IN_SCOPE: 'No scope of the organization token that covers the repository gives the permission.',
  PERMISSION_NOT_IN_ACCESS: 'The access of the personal token leaves the permission out.',
  PERSON_LACKS_PERMISSION: 'The person whose token it is does not hold the permission.',
  PULL_LIMIT_REACHED: 'All pulls of the usage window are used up.',
}

const AccessRefusalReasonEnum = Object.fromEntries(Object.keys(reasons).map((reason) => [reason, reason]))
registerEnumType(AccessRefusalReasonEnum, {
  name: 'AccessRefusalReason',
  description: 'Why a permission is not granted.',
  valuesConfig: Object.fromEntries(Object.entries(reasons).map(([reason, description]) => [reason, { description }])),
})

@ObjectType({ description: 'What would come of asking for one permission.', simpleResolvers: true })
export class PermissionExplanation {
  @Field(() => PermissionEnum, { description: 'The permission.' })
  permission!: Permission

  @Field(() => Boolean, { description: 'Whether it would be granted.' })
  granted!: boolean

  @Field(() => AccessRefusalReasonEnum, { nullable: true, description: 'Why not; null where it is granted.' })
  reason!: AccessRefusalReason | null

  @Field(() => String, { description: 'The same in a sentence for people, with what can be done about it.' })
  message!: string

  @Field(() => Date, {
    nullable: true,
    description: 'When the pulls are counted anew, where they are used up; else null.',
  })
  resetsAt!: Date | null
}

@ObjectType({ description: 'What a use of a token would be granted, and why not the rest.', simpleResolvers: true })
export class AccessExplanation {
  @Field(() => Boolean, { description: 'Whether there is no such repository yet, and the push would make it.' })
  createsRepository!: boolean

  @Field(() => [PermissionExplanation], {
    description: 'The permissions that were asked for, in that order, each of them once.',
  })
  permissions!: readonly Explained[]
}
