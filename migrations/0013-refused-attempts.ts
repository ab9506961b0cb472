import { Migration } from '@mikro-orm/migrations'

/** Attempts that were refused, by what they have in common. */
export class RefusedAttempts extends Migration {
  override readonly name = '0013-refused-attempts'

  override up(): void {
    // Apart from the activity, which only those who were let in can make longer. What may be missing is a value like any other.
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
