import {
  AddCompanyOwnerDocument,
  AddOrganizationToCompanyDocument,
  CompanyDocument,
  CreateCompanyDocument,
  NodeDocument,
  RemoveCompanyOwnerDocument,
  RemoveOrganizationFromCompanyDocument,
  UpdateOrganizationPolicyDocument,
} from '../../schema/typed-documents.ts'
import { Company, CompanyOwner } from '../../src/domain/model/company.ts'
import { Organization } from '../../src/domain/model/organization.ts'
import {
  isAdministrator,
  mayGovernOrganization,
  mayManageCompany,
  maySeeOrganization,
} from '../../src/domain/policy/policy.ts'
import { actingPerson, type Principal } from '../../src/domain/policy/principal.ts'
import { createCompany, userIdOf } from '../harness/callers.ts'
import {
  forPeople,
  type MatrixCase,
  missingId,
  newName,
  on,
  organizationSubject,
  type Place,
  type Subject,
  type World,
} from './matrix-world.ts'
import type { Outcome } from './outcome.ts'

interface CompanySubject extends Subject {
  readonly id: string
}

/** The company of acme. */
async function holding({ postern }: World): Promise<CompanySubject> {
  const { id } = await postern.em().findOneOrFail(Company, { name: 'holding' })
  const owners = await postern.em().find(CompanyOwner, { company: id })
  const isOwner = (principal: Principal) => owners.some(({ user }) => user === actingPerson(principal)?.user.id)
  return {
    id,
    reference: 'holding',
    missing: 'nothing',
    isKnownTo: (principal) => mayManageCompany(principal, { isOwned: isOwner(principal) }),
  }
}

/** A company that is unrelated to all callers. */
async function another({ postern, initech }: World): Promise<CompanySubject> {
  const reference = newName('c')
  const id = await createCompany(postern, reference, [], [initech.owner])
  const isKnownTo = (principal: Principal) => mayManageCompany(principal, { isOwned: false })
  return { id, reference, missing: newName('m'), isKnownTo }
}

function companies(
  define: (subject: (world: World) => Promise<CompanySubject>, what: string) => MatrixCase,
): MatrixCase[] {
  return [define(holding, 'of acme'), define(another, 'of nobody here')]
}

const queries = [
  ...companies((subject, what) =>
    on('Query.company', what, {
      document: CompanyDocument,
      subject,
      variables: (name) => ({ name }),
      expected: (principal, { isKnownTo }): Outcome => {
        if (principal.kind === 'ANONYMOUS') return 'sign in'
        return isKnownTo(principal) ? 'yes' : 'null'
      },
    }),
  ),
  ...companies((subject, what) =>
    on('Query.node', `the company ${what}`, {
      document: NodeDocument,
      subject: async (world) => {
        const company = await subject(world)
        return { ...company, reference: company.id, missing: missingId(company.id) }
      },
      variables: (id) => ({ id }),
      expected: (principal, { isKnownTo }) => (isKnownTo(principal) ? 'yes' : 'null'),
    }),
  ),
]

/** The outcome for those who manage the company. Others get NOT_FOUND. */
const ofManagers = (principal: Principal, { isKnownTo }: Subject): Outcome =>
  forPeople(principal, () => (isKnownTo(principal) ? 'yes' : 'not found'))

/** Removes the owner of initech from the owners of acme's company. */
async function withoutFounder({ postern, initech }: World): Promise<void> {
  const { id } = await postern.em().findOneOrFail(Company, { name: 'holding' })
  await postern.em().nativeDelete(CompanyOwner, { company: id, user: await userIdOf(initech.owner) })
}

const owners = [
  on('Mutation.createCompany', '', {
    document: CreateCompanyDocument,
    variables: () => ({ input: { name: newName('n'), owners: ['founder'] } }),
    expected: (principal) => forPeople(principal, () => (isAdministrator(principal) ? 'yes' : 'forbidden')),
  }),
  ...companies((subject, what) =>
    on('Mutation.addCompanyOwner', what, {
      document: AddCompanyOwnerDocument,
      // The founder owns the other company already.
      subject,
      variables: (company) => ({ company, username: what === 'of acme' ? 'founder' : 'stranger' }),
      expected: ofManagers,
      cleanUp: async (world) => {
        await withoutFounder(world)
        const { postern, callers } = world
        await postern.em().nativeDelete(CompanyOwner, { user: await userIdOf(callers.all.stranger.client) })
      },
    }),
  ),
  on('Mutation.removeCompanyOwner', 'of acme', {
    document: RemoveCompanyOwnerDocument,
    subject: async (world) => {
      const company = await holding(world)
      const founder = await userIdOf(world.initech.owner)
      await world.postern.em().upsert(CompanyOwner, { company: company.id, user: founder })
      return company
    },
    variables: (company) => ({ company, username: 'founder' }),
    expected: ofManagers,
    cleanUp: withoutFounder,
  }),
]

const organizations = [
  on('Mutation.addOrganizationToCompany', 'initech to that of acme', {
    document: AddOrganizationToCompanyDocument,
    subject: ({ initech }) => organizationSubject(initech),
    variables: (organization) => ({ company: 'holding', organization }),
    expected: (principal, { organizationId }) =>
      forPeople(principal, () => (mayGovernOrganization(principal, organizationId) ? 'yes' : 'not found')),
    cleanUp: ({ postern, initech }) => moveTo(postern, initech.id, null),
  }),
  on('Mutation.removeOrganizationFromCompany', 'acme from its own', {
    document: RemoveOrganizationFromCompanyDocument,
    subject: async (world) => {
      const company = await holding(world)
      await moveTo(world.postern, world.acme.id, company.id)
      const isKnownTo = (principal: Principal) =>
        company.isKnownTo(principal) || mayGovernOrganization(principal, world.acme.id)
      return { ...company, isKnownTo }
    },
    variables: (company) => ({ company, organization: 'acme' }),
    expected: ofManagers,
    cleanUp: async (world) => moveTo(world.postern, world.acme.id, (await holding(world)).id),
  }),
]

async function moveTo(postern: World['postern'], organizationId: string, companyId: string | null): Promise<void> {
  await postern.em().nativeUpdate(Organization, { id: organizationId }, { company: companyId })
}

const places: ReadonlyArray<readonly [string, (world: World) => Place]> = [
  ['acme', ({ acme }) => acme],
  ['initech', ({ initech }) => initech],
]

const policies = places.map(([what, place]) =>
  on('Mutation.updateOrganizationPolicy', what, {
    document: UpdateOrganizationPolicyDocument,
    subject: (world) => organizationSubject(place(world)),
    variables: (organization) => ({ organization, input: { allowTokenReactivation: true } }),
    expected: (principal, { organizationId }) =>
      forPeople(principal, () => {
        if (!maySeeOrganization(principal, organizationId)) return 'not found'
        return mayGovernOrganization(principal, organizationId) ? 'yes' : 'forbidden'
      }),
    cleanUp: async (world) => {
      await world.postern.em().nativeUpdate(Organization, { id: place(world).id }, { allowTokenReactivation: false })
    },
  }),
)

export const companyCases: readonly MatrixCase[] = [...queries, ...owners, ...organizations, ...policies]
