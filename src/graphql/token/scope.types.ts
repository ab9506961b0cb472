import { Field, InputType, ObjectType, registerEnumType } from 'type-graphql'
import { type Permission, permissionDefinitions, permissions } from '../../domain/model/permission.ts'
import { type ScopeResource, scopeResources } from '../../domain/model/scope.ts'

export const ScopeResourceEnum = Object.fromEntries(scopeResources.map((resource) => [resource, resource]))
registerEnumType(ScopeResourceEnum, {
  name: 'ScopeResource',
  description: 'Kind of resource that a scope is for.',
  valuesConfig: {
    REPOSITORY: { description: 'Repositories and their images.' },
    ORGANIZATION: {
      description:
        'The organization: members, invites, groups, activity, reports, the list and creation of repositories, and ' +
        'the token itself.',
    },
  },
})

export const PermissionEnum = Object.fromEntries(permissions.map((permission) => [permission, permission]))
registerEnumType(PermissionEnum, {
  name: 'Permission',
  description: 'Permission that a scope can contain. `availablePermissions` returns the same list as data.',
  valuesConfig: Object.fromEntries(
    permissionDefinitions.map(({ permission, description, includes }) => [
      permission,
      { description: includes.length === 0 ? description : `${description} Includes ${includes.join(' and ')}.` },
    ]),
  ),
})

const pathDescription =
  'Path. For REPOSITORY: `acme/api`; `acme/*` for all repositories of the organization, including future ones; or ' +
  '`*/*/public` for every public repository (pull only). For ORGANIZATION: `acme`.'

@ObjectType({
  description:
    'Scope: a path and the permissions on it. The scopes of an organization token can be passed back as ScopeInput.',
  simpleResolvers: true,
})
export class Scope {
  @Field(() => ScopeResourceEnum, { description: 'Kind of resource.' })
  resource!: ScopeResource

  @Field(() => String, {
    description: `${pathDescription} Personal tokens also have \`*/*\`: every repository that the person can reach.`,
  })
  path!: string

  @Field(() => [PermissionEnum], { description: 'Permissions on the path, as they were set.' })
  permissions!: readonly Permission[]
}

@InputType({ description: 'Scope to set: a path and the permissions on it.' })
export class ScopeInput {
  @Field(() => ScopeResourceEnum, { description: 'Kind of resource.' })
  resource!: ScopeResource

  @Field(() => String, { description: pathDescription })
  path!: string

  @Field(() => [PermissionEnum], { description: 'Permissions on the path, at least one.' })
  permissions!: Permission[]
}

@ObjectType({ description: 'Definition of a permission, for forms.', simpleResolvers: true })
export class PermissionDefinition {
  @Field(() => PermissionEnum, { description: 'The permission.' })
  permission!: Permission

  @Field(() => ScopeResourceEnum, { description: 'Kind of scope that can contain the permission.' })
  resource!: ScopeResource

  @Field(() => String, { description: 'Display name of the permission.' })
  title!: string

  @Field(() => String, { description: 'What the permission allows, in a sentence.' })
  description!: string

  @Field(() => [PermissionEnum], { description: 'Other permissions that it includes.' })
  includes!: readonly Permission[]
}
