import { lockOrganization } from '../account/organization-store.ts'
import { requireOrganizationEditor } from '../account/require-organization.ts'
import { recordActivity } from '../journal/record-activity.ts'
import type { OrganizationRow } from '../model/organization.ts'
import type { RequestContext } from '../policy/request-context.ts'
import { throwInvalid } from '../shared/errors.ts'
import { deleteAttemptsOf } from './sso-attempt-store.ts'
import { deleteProvider } from './sso-provider-store.ts'

/**
 * Removes an organization's provider, unless single sign-on is enforced. Links between accounts and the provider are
 * kept, in case it is configured again, and sessions continue.
 *
 * Throws `Denied` (UNAUTHENTICATED, FORBIDDEN) and `InvalidInput` (NOT_FOUND, INVALID).
 */
export async function removeSso(context: RequestContext, name: string): Promise<OrganizationRow> {
  const organization = await requireOrganizationEditor(context.em, context.principal, name, ['organization'])
  const path = ['organization']
  await context.em.transactional(async (em) => {
    // A change of the policy takes the same lock before it looks for a provider.
    const { ssoEnforced } = await lockOrganization(em, organization.id)
    if (ssoEnforced)
      throwInvalid(
        'INVALID',
        path,
        'Nobody in this organization could sign in without its provider. Turn off `ssoEnforced` in its policy first.',
      )
    const issuer = await deleteProvider(em, organization.id)
    if (issuer === null) throwInvalid('NOT_FOUND', path, 'This organization has no provider to remove. Check its name.')
    await deleteAttemptsOf(em, organization.id)
    recordActivity(context, em, {
      namespaceId: organization.id,
      action: 'organization.sso_remove',
      target: name,
      data: { issuer },
    })
  })
  return organization
}
