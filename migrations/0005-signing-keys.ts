import { Migration } from '@mikro-orm/migrations'

/** The keys that sign the registry's bearer tokens; the private part is encrypted under SECRET_KEY. */
export class SigningKeys extends Migration {
  override readonly name = '0005-signing-keys'

  override up(): void {
    this.addSql(`
      create table signing_key (
        id text collate "C" primary key,
        kid text not null unique,
        certificate bytea not null,
        encrypted_private_key bytea not null,
        created_at timestamptz(3) not null
      )`)
  }

  override down(): void {
    this.addSql('drop table signing_key')
  }
}
