import {
  AddCompanyOwnerDocument,
  AddOrganizationToCompanyDocument,
  CompanyDocument,
  CreateCompanyDocument,
  RemoveCompanyOwnerDocument,
  RemoveOrganizationFromCompanyDocument,
} from '../../schema/typed-documents.ts'
import type { Client } from '../harness/client.ts'

/** Creates a company, and returns the payload, which may have user errors. */
export async function createCompany(client: Client, name: string, owners: readonly string[]) {
  return (await client.execute(CreateCompanyDocument, { input: { name, owners: [...owners] } })).createCompany
}

export async function addOrganization(client: Client, company: string, organization: string) {
  return (await client.execute(AddOrganizationToCompanyDocument, { company, organization })).addOrganizationToCompany
}

export async function removeOrganization(client: Client, company: string, organization: string) {
  const data = await client.execute(RemoveOrganizationFromCompanyDocument, { company, organization })
  return data.removeOrganizationFromCompany
}

export async function addOwner(client: Client, company: string, username: string) {
  return (await client.execute(AddCompanyOwnerDocument, { company, username })).addCompanyOwner
}

export async function removeOwner(client: Client, company: string, username: string) {
  return (await client.execute(RemoveCompanyOwnerDocument, { company, username })).removeCompanyOwner
}

/** The owners of a company that a client sees; null if it cannot see the company. */
export async function ownersOf(client: Client, name: string): Promise<string[] | null> {
  const { company } = await client.execute(CompanyDocument, { name })
  return company?.owners.map(({ username }) => username) ?? null
}

/** The organizations of a company that a client sees; null if it cannot see the company. */
export async function organizationsOf(client: Client, name: string): Promise<string[] | null> {
  const { company } = await client.execute(CompanyDocument, { name })
  return company?.organizations.nodes.map((organization) => organization.name) ?? null
}
