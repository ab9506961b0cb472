import * as documents from '../../schema/typed-documents.ts'
import type { Client } from '../harness/client.ts'
import type { Ask } from './ask.ts'

/**
 * Every request for companies and the policy of `acme`, which are restored in the end. Its owner administers the
 * installation.
 */
export async function everyCompanyRequest(ask: Ask, owner: Client): Promise<void> {
  const [company, organization] = ['holding', 'acme']
  await ask(owner, documents.CreateCompanyDocument, { input: { name: company, owners: ['grace'] } })
  await ask(owner, documents.AddCompanyOwnerDocument, { company, username: 'admin' })
  await ask(owner, documents.AddOrganizationToCompanyDocument, { company, organization })
  const { company: found } = await ask(owner, documents.CompanyDocument, { name: company })
  await ask(owner, documents.NodeDocument, { id: found?.id ?? '' })
  await ask(owner, documents.CompaniesDocument, {})
  await ask(owner, documents.OrganizationPolicyDocument, { name: organization })
  await ask(owner, documents.RemoveCompanyOwnerDocument, { company, username: 'grace' })
  await ask(owner, documents.RemoveOrganizationFromCompanyDocument, { company, organization })

  const change = (input: documents.OrganizationPolicyInput) =>
    ask(owner, documents.UpdateOrganizationPolicyDocument, { organization, input })
  await change({ maxTokenLifetimeDays: 30, allowTokenReactivation: true, ssoEnforced: true })
  await change({ maxTokenLifetimeDays: null, allowTokenReactivation: false, ssoEnforced: false })
}
