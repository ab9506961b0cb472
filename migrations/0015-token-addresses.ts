import { Migration } from '@mikro-orm/migrations'

/** The addresses from which tokens were used. */
export class TokenAddresses extends Migration {
  override readonly name = '0015-token-addresses'

  override up(): void {
    this.addSql(`
      create table access_token_address (
        namespace_id text collate "C" not null,
        token_id text collate "C" not null,
        network cidr not null,
        first_used_at timestamptz(3) not null,
        primary key (namespace_id, token_id, network),
        foreign key (namespace_id, token_id) references access_token (namespace_id, id) on delete cascade
      )`)
    // Addresses of known last uses are not new.
    this.addSql(`
      insert into access_token_address (namespace_id, token_id, network, first_used_at)
      select namespace_id, token_id,
        network(set_masklen(ip_address, case family(ip_address) when 6 then 64 else 32 end)), at
      from access_token_last_use where ip_address is not null`)
  }

  override down(): void {
    this.addSql('drop table access_token_address')
  }
}
