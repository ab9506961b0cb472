import { Migration } from '@mikro-orm/migrations'

/** People, organizations and companies, and the one namespace of names that people and organizations share. */
export class Accounts extends Migration {
  override readonly name = '0001-accounts'

  override up(): void {
    this.addSql(`
      create table deployment (
        id smallint primary key default 1 check (id = 1),
        secret_key_check bytea not null,
        created_at timestamptz(3) not null
      )`)
    this.addSql(`
      create table namespace (
        id text collate "C" primary key,
        name text collate "C" not null unique,
        kind text not null check (kind in ('USER', 'ORGANIZATION')),
        unique (id, name)
      )`)
    this.addSql(`
      create table user_account (
        id text collate "C" primary key,
        username text collate "C" not null unique,
        email text,
        display_name text not null,
        password_hash text not null,
        is_administrator boolean not null default false,
        created_at timestamptz(3) not null,
        foreign key (id, username) references namespace (id, name) on update cascade on delete cascade
      )`)
    this.addSql(`create unique index user_account_email_key on user_account (lower(email))`)
    this.addSql(`
      create table session (
        id text collate "C" primary key,
        user_id text collate "C" not null references user_account on delete cascade,
        secret_hash bytea not null unique,
        created_at timestamptz(3) not null,
        expires_at timestamptz(3) not null,
        ip_address inet,
        user_agent text
      )`)
    this.addSql(`create index session_user_id_idx on session (user_id)`)
    this.addSql(`create index session_expires_at_idx on session (expires_at)`)
    this.addSql(`
      create table company (
        id text collate "C" primary key,
        name text collate "C" not null unique,
        created_at timestamptz(3) not null
      )`)
    this.addSql(`
      create table company_owner (
        company_id text collate "C" not null references company on delete cascade,
        user_id text collate "C" not null references user_account on delete cascade,
        primary key (company_id, user_id)
      )`)
    this.addSql(`create index company_owner_user_id_idx on company_owner (user_id)`)
    this.addSql(`
      create table organization (
        id text collate "C" primary key,
        name text collate "C" not null unique,
        display_name text not null,
        plan text not null check (plan in ('FREE', 'TEAM', 'BUSINESS')),
        company_id text collate "C" references company on delete set null,
        created_at timestamptz(3) not null,
        foreign key (id, name) references namespace (id, name) on update cascade on delete cascade
      )`)
    this.addSql(`create index organization_company_id_idx on organization (company_id)`)
    this.addSql(`
      create table membership (
        organization_id text collate "C" not null references organization on delete cascade,
        user_id text collate "C" not null references user_account on delete cascade,
        role text not null check (role in ('OWNER', 'EDITOR', 'MEMBER')),
        joined_at timestamptz(3) not null,
        primary key (organization_id, user_id)
      )`)
    this.addSql(`create index membership_user_id_idx on membership (user_id)`)
  }

  override down(): void {
    for (const table of [
      'membership',
      'organization',
      'company_owner',
      'company',
      'session',
      'user_account',
      'namespace',
      'deployment',
    ])
      this.addSql(`drop table ${table}`)
  }
}
