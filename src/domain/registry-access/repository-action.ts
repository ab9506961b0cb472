/**
 * What a registry lets clients do with a repository. A push needs `pull` too; deleting a manifest needs `delete` alone.
 */
export type RepositoryAction = 'pull' | 'push' | 'delete'

/** The actions of one scope. `*` means every action that the caller may do. */
export type RequestedActions = ReadonlySet<RepositoryAction | '*'>
