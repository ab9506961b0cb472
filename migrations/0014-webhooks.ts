import { Migration } from '@mikro-orm/migrations'

/** The receivers of notifications (webhooks of organizations, and people by mail), and the deliveries to them. */
export class Webhooks extends Migration {
  override readonly name = '0014-webhooks'

  override up(): void {
    // Whether there is a mail server. Notifications from a time without one are not mailed later.
    this.addSql(`alter table deployment add column sends_mail boolean not null default false`)
    this.addSql(`alter table organization add column email_notices boolean not null default true`)
    this.addSql(`
      create table webhook (
        namespace_id text collate "C" not null references organization on delete cascade,
        id text collate "C" not null unique,
        url text not null,
        description text,
        events text[] not null check (cardinality(events) > 0),
        is_active boolean not null default true,
        encrypted_secret bytea not null,
        encrypted_previous_secret bytea,
        previous_secret_ends_at timestamptz(3),
        created_at timestamptz(3) not null,
        primary key (namespace_id, id)
      )`)
    // The outbox: one row for each notification and webhook, or notification and person.
    this.addSql(`
      create table delivery (
        namespace_id text collate "C" not null,
        id text collate "C" not null unique,
        notice_id text collate "C" not null,
        webhook_id text collate "C",
        user_id text collate "C" references user_account on delete cascade,
        status text not null check (status in ('PENDING', 'DELIVERED', 'FAILED')),
        attempts integer not null default 0,
        next_attempt_at timestamptz(3),
        response_status integer,
        error text,
        delivered_at timestamptz(3),
        primary key (namespace_id, id),
        foreign key (namespace_id, notice_id) references notice (namespace_id, id) on delete cascade,
        foreign key (namespace_id, webhook_id) references webhook (namespace_id, id) on delete cascade,
        check ((webhook_id is null) <> (user_id is null)),
        check ((status = 'PENDING') = (next_attempt_at is not null))
      ) with (fillfactor = 80)`)
    this.addSql(`create index delivery_due_idx on delivery (next_attempt_at) where next_attempt_at is not null`)
    this.addSql(`create index delivery_webhook_id_idx on delivery (namespace_id, webhook_id, id)`)
    this.addSql(`create index delivery_notice_id_idx on delivery (namespace_id, notice_id)`)
    this.addSql(`create index delivery_user_id_idx on delivery (user_id)`)
    // Nobody is notified about tokens of devices, because devices sign in again.
    this.addSql(`
      create index access_token_expires_at_idx on access_token (expires_at)
      where expires_at is not null and deactivated_at is null and session_id is null`)
  }

  override down(): void {
    this.addSql('drop index access_token_expires_at_idx')
    this.addSql('drop table delivery')
    this.addSql('drop table webhook')
    this.addSql('alter table organization drop column email_notices')
    this.addSql('alter table deployment drop column sends_mail')
  }
}
