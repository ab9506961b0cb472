import type { Permission } from './permission.ts'

/** What a personal token may do at most, from the least to the most. */
export const personalAccesses = ['PUBLIC_READ', 'READ', 'READ_WRITE', 'READ_WRITE_DELETE'] as const
export type PersonalAccess = (typeof personalAccesses)[number]

/** What a level lets a personal token do with a repository, where the person may do it, too. Never any administration. */
export const accessPermissions: Readonly<Record<PersonalAccess, readonly Permission[]>> = {
  PUBLIC_READ: ['IMAGE_PULL', 'REPOSITORY_READ'],
  READ: ['IMAGE_PULL', 'REPOSITORY_READ'],
  READ_WRITE: ['IMAGE_PUSH', 'REPOSITORY_READ'],
  READ_WRITE_DELETE: ['IMAGE_DELETE', 'REPOSITORY_READ'],
}
