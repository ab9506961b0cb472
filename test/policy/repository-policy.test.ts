import { describe, expect, it } from 'vitest'
import type { RepositoryAccess } from '../../src/domain/model/group.ts'
import type { Permission } from '../../src/domain/model/permission.ts'
import type { RepositoryVisibility } from '../../src/domain/model/repository.ts'
import type { Principal } from '../../src/domain/policy/principal.ts'
import {
  listsEveryRepository,
  mayCreateRepository,
  mayCreateRepositoryByPush,
  maySeeRepository,
  type RepositoryFacts,
  repositoryPermissions,
} from '../../src/domain/policy/repository-policy.ts'
import { acme, namedRepositoryId, principals } from './principals.ts'
import { readTable } from './read-table.ts'

const letters: Readonly<Partial<Record<Permission, string>>> = {
  IMAGE_PULL: 'p',
  IMAGE_PUSH: 'P',
  IMAGE_DELETE: 'D',
  REPOSITORY_READ: 'r',
  REPOSITORY_EDIT: 'E',
  REPOSITORY_ADMIN: 'A',
}

function repository(
  namespaceId: string,
  visibility: RepositoryVisibility,
  groupAccess: RepositoryAccess | null = null,
): RepositoryFacts {
  return { id: visibility === 'PRIVATE' ? namedRepositoryId : 'rep_public', namespaceId, visibility, groupAccess }
}

const repositories: Readonly<Record<string, RepositoryFacts>> = {
  'public of acme': repository(acme.id, 'PUBLIC'),
  'private of acme': repository(acme.id, 'PRIVATE'),
  'private, group reads': repository(acme.id, 'PRIVATE', 'READ'),
  'private, group writes': repository(acme.id, 'PRIVATE', 'WRITE'),
  'private, group administers': repository(acme.id, 'PRIVATE', 'ADMIN'),
  'another private of acme': { ...repository(acme.id, 'PRIVATE'), id: 'rep_other' },
  'public of others': repository('org_gamma', 'PUBLIC'),
  'private of others': { ...repository('org_gamma', 'PRIVATE'), id: 'rep_gamma' },
  'private of usr_owner': { ...repository('usr_owner', 'PRIVATE'), id: 'rep_own' },
}

// p IMAGE_PULL, P IMAGE_PUSH, D IMAGE_DELETE, r REPOSITORY_READ, E REPOSITORY_EDIT, A REPOSITORY_ADMIN
const permissionTable = `
                           | anonymous | administrator | owner  | editor | member | company | stranger | password | reach | write | read | open | named | bare | full   | create | public | foreign
public of acme             | pr        | pr            | pPDrEA | pPrE   | pr     | pr      | pr       | pPDrEA   | pPDr  | pPr   | pr   | pr   | -     | -    | pPDrEA | -      | p      | -
private of acme            | -         | -             | pPDrEA | pPrE   | -      | r       | -        | pPDrEA   | pPDr  | pPr   | pr   | -    | pPr   | -    | pPDrEA | -      | -      | -
private, group reads       | -         | -             | pPDrEA | pPrE   | pr     | r       | -        | pPDrEA   | pPDr  | pPr   | pr   | -    | pPr   | -    | pPDrEA | -      | -      | -
private, group writes      | -         | -             | pPDrEA | pPrE   | pPr    | r       | -        | pPDrEA   | pPDr  | pPr   | pr   | -    | pPr   | -    | pPDrEA | -      | -      | -
private, group administers | -         | -             | pPDrEA | pPDrEA | pPDrEA | r       | -        | pPDrEA   | pPDr  | pPr   | pr   | -    | pPr   | -    | pPDrEA | -      | -      | -
another private of acme    | -         | -             | pPDrEA | pPrE   | -      | r       | -        | pPDrEA   | pPDr  | pPr   | pr   | -    | -     | -    | pPDrEA | -      | -      | -
public of others           | pr        | pr            | pr     | pr     | pr     | pr      | pr       | pr       | pr    | pr    | pr   | pr   | -     | -    | -      | -      | p      | -
private of others          | -         | -             | -      | -      | -      | -       | -        | -        | -     | -     | -    | -    | -     | -    | -      | -      | -      | -
private of usr_owner       | -         | -             | pPDrEA | -      | -      | -       | -        | pPDrEA   | pPDr  | pPr   | pr   | -    | -     | -    | -      | -      | -      | -
`

const questions: Readonly<Record<string, (principal: Principal) => boolean>> = {
  'see a public repository': (principal) => maySeeRepository(principal, repository(acme.id, 'PUBLIC')),
  'see a private repository': (principal) => maySeeRepository(principal, repository(acme.id, 'PRIVATE')),
  'list every repository': (principal) => listsEveryRepository(principal, acme.id),
  'list every one of usr_owner': (principal) => listsEveryRepository(principal, 'usr_owner'),
  'create in acme': (principal) => mayCreateRepository(principal, acme.id),
  'create by a push': (principal) => mayCreateRepositoryByPush(principal, acme.id),
  'create for usr_owner': (principal) => mayCreateRepository(principal, 'usr_owner'),
  'push a new one of usr_owner': (principal) => mayCreateRepositoryByPush(principal, 'usr_owner'),
}

const questionTable = `
                            | anonymous | administrator | owner | editor | member | company | stranger | password | reach | write | read | open | named | bare | full | create | public | foreign
see a public repository     | yes       | yes           | yes   | yes    | yes    | yes     | yes      | yes      | yes   | yes   | yes  | yes  | -     | -    | yes  | -      | yes    | -
see a private repository    | -         | -             | yes   | yes    | -      | yes     | -        | yes      | yes   | yes   | yes  | -    | yes   | -    | yes  | -      | -      | -
list every repository       | -         | -             | yes   | yes    | -      | yes     | -        | yes      | yes   | yes   | yes  | -    | -     | -    | yes  | -      | -      | -
list every one of usr_owner | -         | -             | yes   | -      | -      | -       | -        | yes      | yes   | yes   | yes  | -    | -     | -    | -    | -      | -      | -
create in acme              | -         | -             | yes   | yes    | -      | -       | -        | yes      | -     | -     | -    | -    | -     | -    | yes  | yes    | -      | -
create by a push            | -         | -             | yes   | yes    | -      | -       | -        | yes      | yes   | yes   | -    | -    | -     | -    | yes  | -      | -      | -
create for usr_owner        | -         | -             | yes   | -      | -      | -       | -        | yes      | -     | -     | -    | -    | -     | -    | -    | -      | -      | -
push a new one of usr_owner | -         | -             | yes   | -      | -      | -       | -        | yes      | yes   | yes   | -    | -    | -     | -    | -    | -      | -      | -
`

describe('the policy of repositories', () => {
  it.each(Object.entries(repositories))('gives permissions on a repository: %s', (name, facts) => {
    const row = readTable(permissionTable).filter(({ question }) => question === name)
    const given = row.map(({ principal }) => [
      principal,
      repositoryPermissions(principals[principal], facts)
        .map((permission) => letters[permission] ?? permission)
        .join(''),
    ])
    expect(given).toEqual(row.map(({ principal, expected }) => [principal, expected]))
  })

  it.each(Object.entries(questions))('decides: %s', (name, isAllowed) => {
    const row = readTable(questionTable).filter(({ question }) => question === name)
    const decided = row.map(({ principal }) => [principal, isAllowed(principals[principal]) ? 'yes' : ''])
    expect(decided).toEqual(row.map(({ principal, expected }) => [principal, expected]))
  })

  it('has a row for each repository and question', () => {
    const rows = (table: string) => [...new Set(readTable(table).map(({ question }) => question))]
    expect(rows(permissionTable)).toEqual(Object.keys(repositories))
    expect(rows(questionTable)).toEqual(Object.keys(questions))
  })
})
