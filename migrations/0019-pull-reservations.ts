import { Migration } from '@mikro-orm/migrations'

const windows = ['usage_window', 'anonymous_usage_window']

/** Keeps the open reservations of pulls, and counts them by time slots that end when grants do. */
export class PullReservations extends Migration {
  override readonly name = '0019-pull-reservations'

  override up(): void {
    this.addSql(`
      alter table usage_window
        add column unreported integer not null default 0,
        add column reservation_slot integer not null default 0`)
    this.addSql(
      `update usage_window set unreported = reserved + reserved_previous where reserved + reserved_previous > 0`,
    )
    this.addSql(`
      alter table usage_window
        drop column reserved,
        drop column reserved_previous,
        drop column reservation_period`)
    // Until now, these are grants.
    this.addSql(`
      alter table anonymous_usage_window
        add column unreported integer not null default 0,
        add column reservation_slot integer not null default 0`)
    this.addSql(`update anonymous_usage_window set unreported = pulls, pulls = 0`)
    for (const table of windows)
      this.addSql(`
        alter table ${table}
          add column reserved integer[] not null default '{0,0,0,0,0}',
          add column slot_seconds integer not null default 15,
          add column checked integer[] not null default '{0,0}',
          add column checked_slot integer not null default 0`)
    this.addSql(`
      create table pull_reservation (
        namespace_id text collate "C" not null references namespace on delete cascade,
        subject_id text collate "C" not null,
        starts_at timestamptz(3) not null,
        repository text collate "C" not null,
        network cidr not null,
        client text collate "C" not null,
        made_at timestamptz(3) not null,
        expires_at timestamptz(3) not null,
        is_checked boolean not null default false,
        primary key (namespace_id, subject_id, starts_at, repository, network, client)
      )`)
    this.addSql(`create index pull_reservation_expires_at_idx on pull_reservation (expires_at)`)
    // By time first: it belongs to nobody.
    this.addSql(`
      create table anonymous_pull_reservation (
        starts_at timestamptz(3) not null,
        network cidr not null,
        repository text collate "C" not null,
        client text collate "C" not null,
        made_at timestamptz(3) not null,
        expires_at timestamptz(3) not null,
        is_checked boolean not null default false,
        primary key (starts_at, network, repository, client)
      )`)
    this.addSql(`
      create index anonymous_pull_reservation_repository_idx on anonymous_pull_reservation (repository, expires_at)`)
    this.addSql(`create index anonymous_pull_reservation_expires_at_idx on anonymous_pull_reservation (expires_at)`)
  }

  override down(): void {
    this.addSql('drop table anonymous_pull_reservation')
    this.addSql('drop table pull_reservation')
    const open = 'unreported + (select coalesce(sum(each), 0) from unnest(reserved) each)'
    this.addSql(`
      alter table usage_window
        add column reserved_before_slots integer not null default 0,
        add column reserved_previous integer not null default 0,
        add column reservation_period integer not null default 0`)
    this.addSql(`update usage_window set reserved_before_slots = ${open}`)
    this.addSql(`update anonymous_usage_window set pulls = pulls + ${open}`)
    for (const table of windows)
      this.addSql(`
        alter table ${table}
          drop column reserved,
          drop column slot_seconds,
          drop column reservation_slot,
          drop column unreported,
          drop column checked,
          drop column checked_slot`)
    this.addSql(`alter table usage_window rename column reserved_before_slots to reserved`)
  }
}
