import { RotateTokenDocument } from '../../schema/typed-documents.ts'
import { Organization } from '../../src/domain/model/organization.ts'
import { mayManageTokens } from '../../src/domain/policy/policy.ts'
import { mayRotateToken } from '../../src/domain/policy/token-policy.ts'
import { userIdOf } from '../harness/callers.ts'
import type { Client } from '../harness/client.ts'
import type { Postern } from '../harness/postern.ts'
import { insertPersonalToken } from '../token/personal-token.ts'
import {
  forPeople,
  type MatrixCase,
  missingId,
  type OrganizationSubject,
  on,
  tokenOf,
  type World,
} from './matrix-world.ts'

/** A new token of a person. To the policy, a person relates to their token as an organization does to its own. */
export async function tokenOfPerson(postern: Postern, person: Client): Promise<OrganizationSubject> {
  const userId = await userIdOf(person)
  const { id } = await insertPersonalToken(postern, userId)
  return {
    reference: id,
    missing: missingId(id),
    organizationId: userId,
    isKnownTo: (principal) => mayManageTokens(principal, userId),
  }
}

const rotating = (what: string, subject: Parameters<typeof on<OrganizationSubject, unknown, unknown>>[2]['subject']) =>
  on('Mutation.rotateToken', what, {
    document: RotateTokenDocument,
    ...(subject && { subject }),
    variables: (id) => ({ id }),
    expected: (principal, { organizationId }) =>
      forPeople(principal, () => (mayManageTokens(principal, organizationId) ? 'yes' : 'not found')),
  })

const allowSelfRotation = async ({ postern }: World, allowTokenSelfRotation: boolean) => {
  await postern.em().nativeUpdate(Organization, {}, { allowTokenSelfRotation })
}

/** Tokens rotate themselves with a grace period, so that the callers keep their secrets. */
const rotatingItself = (allowsSelfRotation: boolean) =>
  on('Mutation.rotateToken', `itself, where the policy ${allowsSelfRotation ? 'allows' : 'does not allow'} it`, {
    document: RotateTokenDocument,
    async subject(world, { tokenId }) {
      if (tokenId === null) return null
      await allowSelfRotation(world, allowsSelfRotation)
      return { reference: tokenId, missing: missingId(tokenId), isKnownTo: () => true }
    },
    variables: (id) => ({ id, input: { graceSeconds: 604_800 } }),
    cleanUp: (world) => allowSelfRotation(world, false),
    expected: (principal, { reference: id }) =>
      principal.kind === 'ORGANIZATION_TOKEN' &&
      mayRotateToken(principal, { id, namespaceId: principal.organization.id, allowsSelfRotation })
        ? 'yes'
        : 'forbidden',
  })

export const rotationCases: readonly MatrixCase[] = [
  rotating('of acme', ({ acme }) => tokenOf(acme)),
  rotating('of initech', ({ initech }) => tokenOf(initech)),
  rotating('their own', ({ postern }, { client, login }) => (login ? tokenOfPerson(postern, client) : null)),
  rotating("another person's", ({ postern, initech }) => tokenOfPerson(postern, initech.owner)),
  rotatingItself(true),
  rotatingItself(false),
]
