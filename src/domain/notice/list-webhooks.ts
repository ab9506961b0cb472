import type { RequestContext } from '../policy/request-context.ts'
import { type Page, type PageRequest, toPage } from '../shared/page.ts'
import { countRows } from '../sql/count-rows.ts'
import { kysely } from '../sql/tables.ts'
import { selectWebhooks, type WebhookRow } from './find-webhook.ts'

/** The webhooks of an organization, the oldest first. Whether the caller may see them is decided before. */
export async function listWebhooks(
  context: RequestContext,
  organizationId: string,
  page: PageRequest,
): Promise<Page<WebhookRow>> {
  const all = selectWebhooks(kysely(context.em)).where('namespace_id', '=', organizationId)
  let rows = all.orderBy('id').limit(page.first + 1)
  if (page.after !== null) rows = rows.where('id', '>', page.after)
  return toPage(
    await rows.execute(),
    page,
    ({ id }) => id,
    () => countRows(all),
  )
}
