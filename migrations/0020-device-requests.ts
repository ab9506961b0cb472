import { Migration } from '@mikro-orm/migrations'

/** Devices that ask to be approved in a browser, and sessions that outlive the token of their device. */
export class DeviceRequests extends Migration {
  override readonly name = '0020-device-requests'

  override up(): void {
    this.addSql(`
      create table device_request (
        id text collate "C" primary key,
        device_code_hash bytea not null unique,
        user_code_hash bytea not null unique,
        client_id text not null,
        device_name text not null,
        ip_address inet,
        user_agent text,
        created_at timestamptz(3) not null,
        expires_at timestamptz(3) not null,
        interval_seconds integer not null,
        last_polled_at timestamptz(3),
        denied_at timestamptz(3),
        session_id text collate "C" unique references session on delete cascade,
        check (session_id is null or denied_at is null)
      )`)
    this.addSql('create index device_request_expires_at_idx on device_request (expires_at)')
    // While the token of a device is deleted: the label that it gets again.
    this.addSql('alter table session add column token_label text')
  }

  override down(): void {
    this.addSql('drop table device_request')
    this.addSql(`
      delete from session s where device_name is not null
        and not exists (select from access_token t where t.session_id = s.id)`)
    this.addSql('alter table session drop column token_label')
  }
}
