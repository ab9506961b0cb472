import { ExplainAccessDocument } from '../../schema/typed-documents.ts'
import { mayManageTokens } from '../../src/domain/policy/policy.ts'
import { yesOrNull } from './matrix-queries.ts'
import { tokenOfPerson } from './matrix-rotation.ts'
import { forPeople, type MatrixCase, type OrganizationSubject, on, tokenOf } from './matrix-world.ts'

const explaining = (
  what: string,
  subject: Parameters<typeof on<OrganizationSubject, unknown, unknown>>[2]['subject'],
) =>
  on('Query.explainAccess', what, {
    document: ExplainAccessDocument,
    ...(subject && { subject }),
    variables: (token) => ({ token, repository: 'acme/named', permissions: ['IMAGE_PULL' as const] }),
    expected: (principal, { organizationId }) =>
      forPeople(principal, () => yesOrNull(mayManageTokens(principal, organizationId))),
  })

export const explanationCases: readonly MatrixCase[] = [
  explaining('of acme', ({ acme }) => tokenOf(acme)),
  explaining('of initech', ({ initech }) => tokenOf(initech)),
  explaining('personal, their own', ({ postern }, { client, login }) =>
    login ? tokenOfPerson(postern, client) : null,
  ),
  explaining("personal, another person's", ({ postern, initech }) => tokenOfPerson(postern, initech.owner)),
]
