import { sql } from 'kysely'
import { mayAppointOwners } from '../policy/policy.ts'
import type { RequestContext } from '../policy/request-context.ts'
import { idPrefixOf } from '../shared/id.ts'
import { foreignCursor, maxPageSize, type Page, type PageRequest, toPage } from '../shared/page.ts'
import { countRows } from '../sql/count-rows.ts'
import { statement, type ValueOf } from '../sql/statement.ts'
import { kysely } from '../sql/tables.ts'
import { type InviteRow, selectInvites } from './find-invite.ts'

// Lists begin with the greatest id. Every invite's is below this one, so that a first page is a page like any other.
const afterEveryInvite = 'inv_~'

/**
 * The open invites into an organization, newest first, and to a token none that makes owners. Whether the caller may see them is decided before. Throws `Denied`
 * (BAD_USER_INPUT) for the cursor of another list.
 */
export async function listInvites(
  context: RequestContext,
  organizationId: string,
  page: PageRequest,
): Promise<Page<InviteRow>> {
  if (page.after !== null && idPrefixOf(page.after) !== 'inv') throw foreignCursor()
  let open = selectInvites(kysely(context.em))
    .where('i.organization_id', '=', organizationId)
    .where('i.expires_at', '>', context.now.toISOString())
  if (!mayAppointOwners(context.principal, organizationId)) open = open.where('i.role', '<>', 'OWNER')
  const rows = await open
    .where('i.id', '<', page.after ?? afterEveryInvite)
    .orderBy('i.id', 'desc')
    .limit(page.first + 1)
    .execute()
  return toPage(
    rows,
    page,
    ({ id }) => id,
    () => countRows(open),
  )
}

const selectOwn = statement((db, value: ValueOf<{ userId: string; email: string; now: string }>) =>
  selectInvites(db)
    .where(sql<boolean>`(i.user_id = ${value('userId')} or lower(i.email) = lower(${value('email')}::text))`)
    .where('i.expires_at', '>', value('now'))
    .orderBy('i.id', 'desc')
    .limit(maxPageSize),
)

/**
 * The open invites for the person who is signed in, the newest hundred; none for everybody else. Addresses are not verified:
 * where anyone may sign up with any of them, an invite to an address is not shown to who claims it.
 */
export async function listOwnInvites({ em, principal, now, settings }: RequestContext): Promise<InviteRow[]> {
  if (principal.kind !== 'SESSION') return []
  const { id, email } = principal.user
  const shownByAddress = settings.allowSignUp ? null : email
  return selectOwn(em, { userId: id, email: shownByAddress ?? '', now: now.toISOString() })
}
