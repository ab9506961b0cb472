import { Migration } from '@mikro-orm/migrations'

/** Rejected and denied attempts, grouped by their common values. */
export class RefusedAttempts extends Migration {
  override readonly name = '0013-refused-attempts'

  override up(): void {
    // Separate from the activity log, so that attempts cannot fill the log. Nulls in the key are values like others.
    this.addSql(`
      create table refused_attempt (
        namespace_id text collate "C" not null references namespace on delete cascade,
        token_id text collate "C",
        reason text not null,
        ip_address inet,
        repository text,
        permission text,
        client text,
        first_at timestamptz(3) not null,
        last_at timestamptz(3) not null,
        attempts integer not null,
        unique nulls not distinct (namespace_id, token_id, reason, ip_address, repository, permission),
        foreign key (namespace_id, token_id) references access_token (namespace_id, id) on delete cascade
      )`)
    this.addSql(`create index refused_attempt_last_at_idx on refused_attempt (last_at)`)
  }

  override down(): void {
    this.addSql('drop table refused_attempt')
  }
}
