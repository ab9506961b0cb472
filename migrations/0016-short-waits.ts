import { Migration } from '@mikro-orm/migrations'

const functions = ['activity_event_add_months(date)', 'activity_event_drop_months(date)']

/**
 * Months of the activity are made and dropped only where nobody is in the way for half a second. They lock the log before the
 * namespaces that it refers to, and acts that make or delete a namespace the other way round: after a second, PostgreSQL takes
 * the two for a deadlock, and it could be the act that fails.
 */
export class ShortWaits extends Migration {
  override readonly name = '0016-short-waits'

  override up(): void {
    for (const name of functions) this.addSql(`alter function ${name} set lock_timeout = '500ms'`)
  }

  override down(): void {
    for (const name of functions) this.addSql(`alter function ${name} set lock_timeout = '1s'`)
  }
}
