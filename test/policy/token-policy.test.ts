import { describe, expect, it } from 'vitest'
import type { Principal } from '../../src/domain/policy/principal.ts'
import { mayReadItself, mayRotateToken, type TokenFacts } from '../../src/domain/policy/token-policy.ts'
import { acme, principals } from './principals.ts'
import { readTable } from './read-table.ts'

// All tokens among the principals have this id.
const itself: TokenFacts = { id: 'tok_1', namespaceId: acme.id, allowsSelfRotation: true }
const rotate = (facts: Partial<TokenFacts>) => (principal: Principal) =>
  mayRotateToken(principal, { ...itself, ...facts })

const questions: Readonly<Record<string, (principal: Principal) => boolean>> = {
  'rotate tok_1 where it is allowed': rotate({}),
  'rotate tok_1 where it is not': rotate({ allowsSelfRotation: false }),
  'rotate tok_2 where it is allowed': rotate({ id: 'tok_2' }),
  'rotate tok_1 of usr_owner': rotate({ namespaceId: 'usr_owner' }),
  'read itself': (principal) => principal.kind === 'ORGANIZATION_TOKEN' && mayReadItself(principal),
}

const table = `
                                 | anonymous | administrator | owner | editor | member | company | stranger | password | reach | read | open | named | bare | full | create | foreign
rotate tok_1 where it is allowed | -         | -             | yes   | -      | -      | yes     | -        | yes      | -     | -    | -    | -     | -    | yes  | -      | -
rotate tok_1 where it is not     | -         | -             | yes   | -      | -      | yes     | -        | yes      | -     | -    | -    | -     | -    | -    | -      | -
rotate tok_2 where it is allowed | -         | -             | yes   | -      | -      | yes     | -        | yes      | -     | -    | -    | -     | -    | -    | -      | -
rotate tok_1 of usr_owner        | -         | -             | yes   | -      | -      | -       | -        | yes      | -     | -    | -    | -     | -    | -    | -      | -
read itself                      | -         | -             | -     | -      | -      | -       | -        | -        | -     | -    | -    | -     | -    | yes  | -      | yes
`

describe('the policy of tokens', () => {
  const cells = readTable(table)

  it('the policy of tokens has a row for each question', () => {
    expect([...new Set(cells.map(({ question }) => question))]).toEqual(Object.keys(questions))
  })

  it.each(Object.entries(questions))('decides: %s', (question, isAllowed) => {
    const row = cells.filter((cell) => cell.question === question)
    const decided = row.map(({ principal }) => [principal, isAllowed(principals[principal]) ? 'yes' : ''])
    expect(decided).toEqual(row.map(({ principal, expected }) => [principal, expected]))
  })
})
