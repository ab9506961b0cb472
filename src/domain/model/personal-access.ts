import type { Permission } from './permission.ts'

/** The access levels of personal tokens, the lowest first. */
export const personalAccesses = ['PUBLIC_READ', 'READ', 'READ_WRITE', 'READ_WRITE_DELETE'] as const
export type PersonalAccess = (typeof personalAccesses)[number]

/** What a level permits on a repository, if the person may do it. Administration is never permitted. */
export const accessPermissions: Readonly<Record<PersonalAccess, readonly Permission[]>> = {
  PUBLIC_READ: ['IMAGE_PULL', 'REPOSITORY_READ'],
  READ: ['IMAGE_PULL', 'REPOSITORY_READ'],
  READ_WRITE: ['IMAGE_PUSH', 'REPOSITORY_READ'],
  READ_WRITE_DELETE: ['IMAGE_DELETE', 'REPOSITORY_READ'],
}
