import {
  AddCompanyOwnerDocument,
  AddOrganizationToCompanyDocument,
  CreateCompanyDocument,
  RemoveCompanyOwnerDocument,
  RemoveOrganizationFromCompanyDocument,
  UpdateOrganizationPolicyDocument,
} from '../../schema/typed-documents.ts'
import { createOrganization } from '../harness/postern.ts'
import { userIdOf } from '../token/arrange.ts'
import { type Act, fresh, ofOwner, type World } from './acts.ts'

/** A company of the administrator, who is `owner`, without organizations. */
async function newCompany({ owner }: World, ...others: readonly string[]): Promise<string> {
  const name = fresh('company')
  await owner.execute(CreateCompanyDocument, { input: { name, owners: ['admin', ...others] } })
  return name
}

async function newOrganization({ owner }: World) {
  const name = fresh('org')
  return { name, id: await createOrganization(owner, name) }
}

async function newPerson({ postern }: World) {
  const { username } = await postern.signUp(fresh('person'))
  return { username, id: await userIdOf(postern.em(), username) }
}

/** Every action on companies, and on their organizations, that records an event. */
export const companyActs: readonly Act[] = [
  {
    action: 'company.create',
    async prepare(world) {
      const name = fresh('company')
      const event = {
        namespace: await userIdOf(world.postern.em(), 'admin'),
        target: name,
        data: { owners: 'admin' },
      }
      return ofOwner(world, CreateCompanyDocument, { input: { name, owners: ['admin'] } }, event)
    },
  },
  {
    action: 'company.owner_add',
    async prepare(world) {
      const company = await newCompany(world)
      const { username, id } = await newPerson(world)
      const event = { namespace: id, target: username, data: { company } }
      return ofOwner(world, AddCompanyOwnerDocument, { company, username }, event)
    },
  },
  {
    action: 'company.owner_remove',
    async prepare(world) {
      const { username, id } = await newPerson(world)
      const company = await newCompany(world, username)
      const event = { namespace: id, target: username, data: { company } }
      return ofOwner(world, RemoveCompanyOwnerDocument, { company, username }, event)
    },
  },
  {
    action: 'organization.company_change',
    how: 'into a company',
    async prepare(world) {
      const company = await newCompany(world)
      const { name, id } = await newOrganization(world)
      const event = { namespace: id, target: name, data: { to: company } }
      return ofOwner(world, AddOrganizationToCompanyDocument, { company, organization: name }, event)
    },
  },
  {
    action: 'organization.company_change',
    how: 'out of a company',
    async prepare(world) {
      const company = await newCompany(world)
      const { name, id } = await newOrganization(world)
      await world.owner.execute(AddOrganizationToCompanyDocument, { company, organization: name })
      const event = { namespace: id, target: name, data: { from: company } }
      return ofOwner(world, RemoveOrganizationFromCompanyDocument, { company, organization: name }, event)
    },
  },
  {
    action: 'organization.policy_change',
    async prepare(world) {
      const { name, id } = await newOrganization(world)
      const input = { maxTokenLifetimeDays: 30, allowTokenReactivation: true, ssoEnforced: false }
      const data = { maxTokenLifetimeDays: '30', allowTokenReactivation: 'true' }
      const event = { namespace: id, target: name, data }
      return ofOwner(world, UpdateOrganizationPolicyDocument, { organization: name, input }, event)
    },
  },
]
