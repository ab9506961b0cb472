import { Migration } from '@mikro-orm/migrations'

/** Activity events, and pulls by usage window, of each namespace. */
export class ActivityAndUsage extends Migration {
  override readonly name = '0004-activity-and-usage'

  override up(): void {
    // No foreign key to tokens, people or repositories, because events stay when these are deleted.
    this.addSql(`
      create table activity_event (
        namespace_id text collate "C" not null references namespace on delete cascade,
        id text collate "C" not null,
        at timestamptz(3) not null,
        action text not null,
        actor_kind text not null check (actor_kind in ('USER', 'PERSONAL_TOKEN', 'ORGANIZATION_TOKEN', 'SYSTEM')),
        actor_id text collate "C",
        actor_name text not null,
        token_id text collate "C",
        token_label text,
        target text not null,
        ip_address inet,
        user_agent text,
        request_id text,
        data jsonb not null default '{}',
        primary key (namespace_id, id)
      )`)
    this.addSql(`
      create table usage_window (
        namespace_id text collate "C" not null,
        token_id text collate "C" not null,
        starts_at timestamptz(3) not null,
        pulls integer not null,
        primary key (namespace_id, token_id, starts_at),
        foreign key (namespace_id, token_id) references access_token (namespace_id, id) on delete cascade
      ) with (fillfactor = 70)`)
    this.addSql(`create index usage_window_token_id_idx on usage_window (token_id, starts_at)`)
  }

  override down(): void {
    this.addSql('drop table usage_window')
    this.addSql('drop table activity_event')
  }
}
