import { requireOrganizationEditor } from '../account/require-organization.ts'
import { recordActivity } from '../journal/record-activity.ts'
import type { OrganizationRow } from '../model/organization.ts'
import type { RequestContext } from '../policy/request-context.ts'
import { throwInvalid } from '../shared/errors.ts'
import { kysely } from '../sql/tables.ts'

/**
 * Ends signing in through an organization's provider; never while the organization refuses passwords. Who is who at the
 * provider is kept, for the day it is configured again, and sessions go on.
 *
 * Throws `Denied` (UNAUTHENTICATED, FORBIDDEN) and `InvalidInput` (NOT_FOUND, INVALID).
 */
export async function removeSso(context: RequestContext, name: string): Promise<OrganizationRow> {
  const organization = await requireOrganizationEditor(context.em, context.principal, name, ['organization'])
  await context.em.transactional(async (em) => {
    // Whoever has single sign-on enforced takes the same lock, before they look for a provider.
    const { sso_enforced } = await kysely(em)
      .selectFrom('organization')
      .select('sso_enforced')
      .where('id', '=', organization.id)
      .forNoKeyUpdate()
      .executeTakeFirstOrThrow()
    if (sso_enforced)
      throwInvalid(
        'INVALID',
        ['organization'],
        'Nobody in this organization could sign in without its provider. Turn off `ssoEnforced` in its policy first.',
      )
    const removed = await kysely(em)
      .deleteFrom('sso_provider')
      .where('organization_id', '=', organization.id)
      .returning('issuer')
      .executeTakeFirst()
    if (removed === undefined)
      throwInvalid('NOT_FOUND', ['organization'], 'This organization has no provider to remove. Check its name.')
    await kysely(em).deleteFrom('sso_attempt').where('organization_id', '=', organization.id).execute()
    recordActivity(context, em, {
      namespaceId: organization.id,
      action: 'organization.sso_remove',
      target: name,
      data: { issuer: removed.issuer },
    })
  })
  return organization
}
