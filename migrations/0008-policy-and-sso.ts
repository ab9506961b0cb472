import { Migration } from '@mikro-orm/migrations'

/** The policy of an organization, and the OpenID provider that its members sign in through. */
export class PolicyAndSso extends Migration {
  override readonly name = '0008-policy-and-sso'

  override up(): void {
    this.addSql(`
      alter table organization
        add column max_token_lifetime_days integer check (max_token_lifetime_days > 0),
        add column allow_token_reactivation boolean not null default false,
        add column sso_enforced boolean not null default false`)
    this.addSql(`
      create table sso_provider (
        organization_id text collate "C" primary key references organization on delete cascade,
        issuer text not null,
        client_id text not null,
        encrypted_client_secret bytea not null,
        redirect_uris text[] not null,
        created_at timestamptz(3) not null
      )`)
    // A sign-in that was started and not completed yet.
    this.addSql(`
      create table sso_attempt (
        id text collate "C" primary key,
        organization_id text collate "C" not null references organization on delete cascade,
        secret_hash bytea not null unique,
        state text not null,
        nonce text not null,
        code_verifier text not null,
        redirect_uri text not null,
        created_at timestamptz(3) not null,
        expires_at timestamptz(3) not null
      )`)
    this.addSql(`create index sso_attempt_organization_id_idx on sso_attempt (organization_id, expires_at)`)
    // The account at a provider. The subject is the provider's id of the person, which it never uses for another one.
    this.addSql(`
      create table sso_identity (
        organization_id text collate "C" not null references organization on delete cascade,
        issuer text not null,
        subject text not null,
        user_id text collate "C" not null references user_account on delete cascade,
        created_at timestamptz(3) not null,
        primary key (organization_id, issuer, subject)
      )`)
    this.addSql(`create index sso_identity_user_id_idx on sso_identity (user_id)`)
  }

  override down(): void {
    for (const table of ['sso_identity', 'sso_attempt', 'sso_provider']) this.addSql(`drop table ${table}`)
    this.addSql(`
      alter table organization
        drop column sso_enforced, drop column allow_token_reactivation, drop column max_token_lifetime_days`)
  }
}
