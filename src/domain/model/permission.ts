/** Every permission that a scope can give, in the order of lists. */
export const permissions = [
  'IMAGE_PULL',
  'IMAGE_PUSH',
  'IMAGE_DELETE',
  'REPOSITORY_READ',
  'REPOSITORY_EDIT',
  'REPOSITORY_ADMIN',
  'MEMBER_READ',
  'MEMBER_EDIT',
  'INVITE_READ',
  'INVITE_EDIT',
  'GROUP_READ',
  'GROUP_EDIT',
  'REPOSITORY_CREATE',
  'REPOSITORY_LIST',
  'ACTIVITY_READ',
  'REPORT_READ',
  'TOKEN_READ',
  'TOKEN_ROTATE_SELF',
] as const

export type Permission = (typeof permissions)[number]

/** An entry of the catalog of permissions, for forms of frontends. */
export interface PermissionDefinition {
  readonly permission: Permission
  readonly resource: 'REPOSITORY' | 'ORGANIZATION'
  readonly title: string
  readonly description: string
  /** The permissions that it includes, directly or through another. */
  readonly includes: readonly Permission[]
}

function define(
  resource: PermissionDefinition['resource'],
  permission: Permission,
  title: string,
  description: string,
  includes: readonly Permission[] = [],
): PermissionDefinition {
  return { permission, resource, title, description, includes }
}

/** The catalog, in the order of `permissions`. */
export const permissionDefinitions: readonly PermissionDefinition[] = [
  define('REPOSITORY', 'IMAGE_PULL', 'Pull images', 'Pull images and list their tags.'),
  define('REPOSITORY', 'IMAGE_PUSH', 'Push images', 'Push images and tags.', ['IMAGE_PULL']),
  define('REPOSITORY', 'IMAGE_DELETE', 'Delete images', 'Delete images and tags.', ['IMAGE_PUSH', 'IMAGE_PULL']),
  define('REPOSITORY', 'REPOSITORY_READ', 'Read repositories', 'See a repository and its description.'),
  define('REPOSITORY', 'REPOSITORY_EDIT', 'Edit repositories', "Change a repository's description.", [
    'REPOSITORY_READ',
  ]),
  define(
    'REPOSITORY',
    'REPOSITORY_ADMIN',
    'Administer repositories',
    'Change who sees a repository, and delete the repository.',
    ['REPOSITORY_EDIT', 'REPOSITORY_READ'],
  ),
  define('ORGANIZATION', 'MEMBER_READ', 'Read members', 'List the members and their roles.'),
  define('ORGANIZATION', 'MEMBER_EDIT', 'Edit members', 'Change roles and remove members.', ['MEMBER_READ']),
  define('ORGANIZATION', 'INVITE_READ', 'Read invites', 'List the open invites.'),
  define('ORGANIZATION', 'INVITE_EDIT', 'Edit invites', 'Invite people and cancel invites.', ['INVITE_READ']),
  define('ORGANIZATION', 'GROUP_READ', 'Read groups', 'List the groups, their members and repositories.'),
  define(
    'ORGANIZATION',
    'GROUP_EDIT',
    'Edit groups',
    'Create, change and delete groups, their members, and their access to repositories.',
    ['GROUP_READ'],
  ),
  define('ORGANIZATION', 'REPOSITORY_CREATE', 'Create repositories', 'Create repositories, also by a first push.'),
  define('ORGANIZATION', 'REPOSITORY_LIST', 'List repositories', 'List every repository of the organization.'),
  define('ORGANIZATION', 'ACTIVITY_READ', 'Read activity', 'Read the activity log.'),
  define('ORGANIZATION', 'REPORT_READ', 'Read reports', 'Read the usage reports.'),
  define('ORGANIZATION', 'TOKEN_READ', 'Read itself', 'Read the activity and usage of the token itself.'),
  define(
    'ORGANIZATION',
    'TOKEN_ROTATE_SELF',
    'Rotate itself',
    'Rotate the token itself, if the policy of the organization allows it.',
  ),
]

const definitionByPermission = new Map(
  permissionDefinitions.map((definition) => [definition.permission, definition] as const),
)

/** The resource that a permission is for. */
export function permissionResource(permission: Permission): PermissionDefinition['resource'] {
  return definitionByPermission.get(permission)?.resource ?? 'ORGANIZATION'
}

/** The given permissions and the permissions that they include. */
export function withIncluded(given: Iterable<Permission>): Set<Permission> {
  const held = new Set<Permission>()
  for (const permission of given) {
    held.add(permission)
    for (const included of definitionByPermission.get(permission)?.includes ?? []) held.add(included)
  }
  return held
}
