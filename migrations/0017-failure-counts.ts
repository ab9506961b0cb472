import { Migration } from '@mikro-orm/migrations'

/** Failed attempts to sign in, grouped by their common values. */
export class FailureCounts extends Migration {
  override readonly name = '0017-failure-counts'

  override up(): void {
    this.addSql(`
      create table failure_count (
        key bytea primary key,
        failures integer not null,
        ends_at timestamptz(3) not null
      )`)
    this.addSql('create index failure_count_ends_at_idx on failure_count (ends_at)')
  }

  override down(): void {
    this.addSql('drop table failure_count')
  }
}
