import { Field, InputType, ObjectType, registerEnumType } from 'type-graphql'
import { type Permission, permissionDefinitions, permissions } from '../../domain/model/permission.ts'
import { type ScopeResource, scopeResources } from '../../domain/model/scope.ts'

export const ScopeResourceEnum = Object.fromEntries(scopeResources.map((resource) => [resource, resource]))
registerEnumType(ScopeResourceEnum, {
  name: 'ScopeResource',
  description: 'What a scope speaks of.',
  valuesConfig: {
    REPOSITORY: { description: 'Repositories and their images.' },
    ORGANIZATION: { description: 'The organization: its members, invites, groups, activity and reports.' },
  },
})

export const PermissionEnum = Object.fromEntries(permissions.map((permission) => [permission, permission]))
registerEnumType(PermissionEnum, {
  name: 'Permission',
  description: 'What a scope allows. `availablePermissions` serves the same list as data.',
  valuesConfig: Object.fromEntries(
    permissionDefinitions.map(({ permission, description, includes }) => [
      permission,
      { description: includes.length === 0 ? description : `${description} Includes ${includes.join(' and ')}.` },
    ]),
  ),
})

const pathDescription =
  'For REPOSITORY: `acme/api`, or `acme/*` for all of them, also future ones, or `*/*/public` for every public repository (pull only). For ORGANIZATION: `acme`.'

@ObjectType({
  description:
    'What a token may do, and where. It has the members of ScopeInput: what is read of an organization token can be written back.',
  simpleResolvers: true,
})
export class Scope {
  @Field(() => ScopeResourceEnum, { description: 'What the scope speaks of.' })
  resource!: ScopeResource

  @Field(() => String, {
    description: `${pathDescription} Of a personal token also \`*/*\`: every repository that the person can reach.`,
  })
  path!: string

  @Field(() => [PermissionEnum], { description: 'What is allowed there, as it was given.' })
  permissions!: readonly Permission[]
}

@InputType({ description: 'What a token is to be allowed, and where.' })
export class ScopeInput {
  @Field(() => ScopeResourceEnum, { description: 'What the scope speaks of.' })
  resource!: ScopeResource

  @Field(() => String, { description: pathDescription })
  path!: string

  @Field(() => [PermissionEnum], { description: 'What is allowed there; at least one.' })
  permissions!: Permission[]
}

@ObjectType({ description: 'An entry of the catalogue of permissions, for forms.', simpleResolvers: true })
export class PermissionDefinition {
  @Field(() => PermissionEnum, { description: 'The permission.' })
  permission!: Permission

  @Field(() => ScopeResourceEnum, { description: 'The kind of scope it belongs into.' })
  resource!: ScopeResource

  @Field(() => String, { description: 'Its name for people.' })
  title!: string

  @Field(() => String, { description: 'What it allows, in a sentence.' })
  description!: string

  @Field(() => [PermissionEnum], { description: 'What it gives besides itself.' })
  includes!: readonly Permission[]
}
