import { Field, ObjectType, registerEnumType } from 'type-graphql'
import type { Permission } from '../../domain/model/permission.ts'
import type { AccessRefusalReason } from '../../domain/policy/access-denial.ts'
import type { PermissionExplanation as Explained } from '../../domain/registry-access/explain-access.ts'
import { PermissionEnum } from '../token/scope.types.ts'

const reasons: Readonly<Record<AccessRefusalReason, string>> = {
  TOKEN_INACTIVE: 'The token is inactive, so it is rejected.',
  TOKEN_SUSPENDED: "The organization's plan has no tokens, so the token is rejected.",
  TOKEN_EXPIRED: 'The token has expired, so it is rejected.',
  REPOSITORY_MISSING: 'The caller can see no such repository, and the request would not create it.',
  NO_SCOPE_FOR_REPOSITORY: 'No scope of the token covers the repository.',
  PERMISSION_NOT_IN_SCOPE:
    'Scopes of the organization token cover the repository, but they do not contain the permission.',
  PERMISSION_NOT_IN_ACCESS: 'The access level of the personal token excludes the permission.',
  PERSON_LACKS_PERMISSION: 'The owner of the personal token does not have the permission.',
  PULL_LIMIT_REACHED: 'All pulls of the current window are used up.',
}

const AccessRefusalReasonEnum = Object.fromEntries(Object.keys(reasons).map((reason) => [reason, reason]))
registerEnumType(AccessRefusalReasonEnum, {
  name: 'AccessRefusalReason',
  description: 'Reason why a permission is denied.',
  valuesConfig: Object.fromEntries(Object.entries(reasons).map(([reason, description]) => [reason, { description }])),
})

@ObjectType({ description: 'Preview of the decision about one permission.', simpleResolvers: true })
export class PermissionExplanation {
  @Field(() => PermissionEnum, { description: 'The permission.' })
  permission!: Permission

  @Field(() => Boolean, { description: 'Whether the permission would be granted.' })
  granted!: boolean

  @Field(() => AccessRefusalReasonEnum, {
    nullable: true,
    description: 'Reason for the denial. Null if the permission is granted.',
  })
  reason!: AccessRefusalReason | null

  @Field(() => String, { description: 'The decision in a sentence for people, with what to do if it is a denial.' })
  message!: string

  @Field(() => Date, {
    nullable: true,
    description: 'Time when a new window begins, if the pulls are used up. Null otherwise.',
  })
  resetsAt!: Date | null
}

@ObjectType({ description: 'Preview of what a token would be granted on a repository.', simpleResolvers: true })
export class AccessExplanation {
  @Field(() => Boolean, { description: 'Whether the repository does not exist yet and the push would create it.' })
  createsRepository!: boolean

  @Field(() => [PermissionExplanation], {
    description: 'Decisions about the requested permissions, in the order of the request, without duplicates.',
  })
  permissions!: readonly Explained[]
}
