import { Migration } from '@mikro-orm/migrations'

/** Grants that registries have not reported yet, due notifications, pulls of anonymous clients, and usage by day. */
export class UsageReports extends Migration {
  override readonly name = '0012-usage-reports'

  override up(): void {
    this.addSql(`alter table deployment add column told_at timestamptz(3)`)
    this.addSql(`
      alter table usage_window
        add column reserved integer not null default 0,
        add column reserved_before integer not null default 0,
        add column generation integer not null default 0,
        add column pull_limit integer,
        add column is_limit_known boolean not null default false,
        add column noticed smallint not null default 0,
        add column is_notice_due boolean not null default false`)
    this.addSql(`
      create index usage_window_notice_due_idx on usage_window (namespace_id, subject_id, starts_at) where is_notice_due`)
    this.addSql(`create index usage_window_starts_at_idx on usage_window (starts_at)`)
    // The time is first, because rows belong to no namespace and are deleted by window.
    this.addSql(`
      create table anonymous_usage_window (
        starts_at timestamptz(3) not null,
        network cidr not null,
        pulls integer not null,
        primary key (starts_at, network)
      ) with (fillfactor = 70)`)
    // Nulls in the key are values like others. The partition "rest" has the days whose month has no partition yet.
    this.addSql(`
      create table usage_day (
        namespace_id text collate "C" not null references namespace on delete cascade,
        day date not null,
        repository text collate "C" not null,
        token_id text collate "C",
        user_id text collate "C",
        ip_address inet,
        token_label text,
        pulls integer not null,
        pushes integer not null,
        unique nulls not distinct (namespace_id, day, repository, token_id, user_id, ip_address)
      ) partition by range (day)`)
    this.addSql(`create table usage_day_rest partition of usage_day default with (fillfactor = 90)`)
  }

  override down(): void {
    for (const table of ['usage_day', 'anonymous_usage_window']) this.addSql(`drop table ${table}`)
    this.addSql(`drop index usage_window_starts_at_idx`)
    this.addSql(`update usage_window set pulls = pulls + reserved + reserved_before`)
    this.addSql(`
      alter table usage_window
        drop column reserved,
        drop column reserved_before,
        drop column generation,
        drop column pull_limit,
        drop column is_limit_known,
        drop column noticed,
        drop column is_notice_due`)
    this.addSql(`alter table deployment drop column told_at`)
  }
}
