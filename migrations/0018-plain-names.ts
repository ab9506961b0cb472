import { Migration } from '@mikro-orm/migrations'

const columns = [
  ['deployment', 'told_at', 'last_registry_event_at'],
  ['usage_window', 'noticed', 'notified_percent'],
  ['usage_window', 'reserved_before', 'reserved_previous'],
  ['usage_window', 'generation', 'reservation_period'],
  ['usage_window', 'is_limit_known', 'limit_known'],
] as const

/** Renames columns of usage windows and of the deployment after their contents. */
export class PlainNames extends Migration {
  override readonly name = '0018-plain-names'

  override up(): void {
    for (const [table, before, after] of columns)
      this.addSql(`alter table ${table} rename column ${before} to ${after}`)
  }

  override down(): void {
    for (const [table, before, after] of columns)
      this.addSql(`alter table ${table} rename column ${after} to ${before}`)
  }
}
