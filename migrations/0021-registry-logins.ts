import { Migration } from '@mikro-orm/migrations'

/** When tokens last logged in to the registry, and the clients of known addresses. */
export class RegistryLogins extends Migration {
  override readonly name = '0021-registry-logins'

  override up(): void {
    this.addSql(`
      create table registry_login (
        namespace_id text collate "C" not null,
        token_id text collate "C" not null,
        network cidr not null,
        at timestamptz(3) not null,
        primary key (namespace_id, token_id, network),
        foreign key (namespace_id, token_id) references access_token (namespace_id, id) on delete cascade
      ) with (fillfactor = 70)`)
    this.addSql('create index registry_login_at_idx on registry_login (at)')
    // Null: it was not recorded when the address was first used.
    this.addSql('alter table access_token_address add column client text')
  }

  override down(): void {
    this.addSql('alter table access_token_address drop column client')
    this.addSql('drop table registry_login')
  }
}
