import { Migration } from '@mikro-orm/migrations'

/** Notifications for organizations and people. */
export class Notices extends Migration {
  override readonly name = '0009-notices'

  override up(): void {
    // A token can be deleted before its notifications are sent. They are still sent.
    this.addSql(`
      create table notice (
        namespace_id text collate "C" not null references namespace on delete cascade,
        id text collate "C" not null,
        kind text not null,
        at timestamptz(3) not null,
        token_id text collate "C",
        token_label text,
        data jsonb not null default '{}',
        occasion text not null,
        primary key (namespace_id, id),
        unique (namespace_id, occasion)
      )`)
  }

  override down(): void {
    this.addSql('drop table notice')
  }
}
