import { Migration } from '@mikro-orm/migrations'

const functions = ['activity_event_add_months(date)', 'activity_event_drop_months(date)']

/**
 * Creating and dropping partitions of the activity log waits at most half a second for locks. It locks the log before
 * the namespaces, and requests that create or delete a namespace lock them in the opposite order. After a second,
 * PostgreSQL would detect a deadlock, and the request could fail.
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
