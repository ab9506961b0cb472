import { checkOrganizationEditor, type SeenOrganization } from '../account/require-organization.ts'
import type { RequestContext } from '../policy/request-context.ts'
import { type Page, type PageRequest, toPage } from '../shared/page.ts'
import { countWebhooks, listWebhookRows, type WebhookRow } from './webhook-store.ts'

/** The webhooks of an organization, oldest first. Throws `Denied` (FORBIDDEN). */
export async function listWebhooks(
  { em, principal }: RequestContext,
  organization: SeenOrganization,
  page: PageRequest,
): Promise<Page<WebhookRow>> {
  checkOrganizationEditor(principal, organization)
  return toPage(
    await listWebhookRows(em, organization.id, page),
    page,
    ({ id }) => id,
    () => countWebhooks(em, organization.id),
  )
}
