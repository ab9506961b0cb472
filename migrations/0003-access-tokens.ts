import { Migration } from '@mikro-orm/migrations'

/** Access tokens with their secrets, scopes and last use, and the idempotency keys of requests. */
export class AccessTokens extends Migration {
  override readonly name = '0003-access-tokens'

  override up(): void {
    this.addSql(`
      create table access_token (
        namespace_id text collate "C" not null references namespace on delete cascade,
        id text collate "C" not null unique,
        label text not null,
        description text,
        pull_limit integer check (pull_limit >= 0),
        created_at timestamptz(3) not null,
        created_by_id text collate "C" references user_account on delete set null,
        expires_at timestamptz(3),
        deactivated_at timestamptz(3),
        primary key (namespace_id, id)
      )`)
    this.addSql(`create index access_token_created_by_id_idx on access_token (created_by_id)`)
    this.addSql(`
      create table access_token_secret (
        namespace_id text collate "C" not null,
        token_id text collate "C" not null,
        id text collate "C" not null unique,
        hash bytea not null unique,
        hint text not null,
        created_at timestamptz(3) not null,
        expires_at timestamptz(3),
        last_used_at timestamptz(3),
        primary key (namespace_id, token_id, id),
        foreign key (namespace_id, token_id) references access_token (namespace_id, id) on delete cascade
      ) with (fillfactor = 80)`)
    this.addSql(`create index access_token_secret_token_id_idx on access_token_secret (token_id)`)
    this.addSql(`
      create table access_token_scope (
        namespace_id text collate "C" not null,
        token_id text collate "C" not null,
        position smallint not null,
        kind text not null
          check (kind in ('NAMED_REPOSITORY', 'ALL_REPOSITORIES', 'PUBLIC_REPOSITORIES', 'ORGANIZATION')),
        repository_id text collate "C",
        permissions text[] not null check (cardinality(permissions) > 0),
        primary key (namespace_id, token_id, position),
        foreign key (namespace_id, token_id) references access_token (namespace_id, id) on delete cascade,
        foreign key (namespace_id, repository_id) references repository (namespace_id, id) on delete cascade,
        check ((kind = 'NAMED_REPOSITORY') = (repository_id is not null))
      )`)
    this.addSql(`create index access_token_scope_token_id_idx on access_token_scope (token_id)`)
    this.addSql(`
      create index access_token_scope_repository_idx on access_token_scope (namespace_id, repository_id)
      where repository_id is not null`)
    this.addSql(`
      create table access_token_last_use (
        namespace_id text collate "C" not null,
        token_id text collate "C" not null unique,
        at timestamptz(3) not null,
        ip_address inet,
        client text,
        repository text,
        primary key (namespace_id, token_id),
        foreign key (namespace_id, token_id) references access_token (namespace_id, id) on delete cascade
      ) with (fillfactor = 70)`)
    this.addSql(`
      create table idempotency_key (
        namespace_id text collate "C" not null references namespace on delete cascade,
        actor_id text collate "C" not null,
        key text collate "C" not null,
        request_digest bytea not null,
        token_id text collate "C" not null,
        created_at timestamptz(3) not null,
        primary key (namespace_id, actor_id, key)
      )`)
  }

  override down(): void {
    for (const table of [
      'idempotency_key',
      'access_token_last_use',
      'access_token_scope',
      'access_token_secret',
      'access_token',
    ])
      this.addSql(`drop table ${table}`)
  }
}
