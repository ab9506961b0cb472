import { Migration } from '@mikro-orm/migrations'

/** Tokens of people, rotation, and pulls that are counted by person. */
export class PersonalTokens extends Migration {
  override readonly name = '0006-personal-tokens'

  override up(): void {
    this.addSql(`alter table session add column device_name text`)
    // Both are null for an organization token. A token with a session is that of a device.
    this.addSql(`
      alter table access_token
        add column access text check (access in ('PUBLIC_READ', 'READ', 'READ_WRITE', 'READ_WRITE_DELETE')),
        add column session_id text collate "C" references session on delete cascade,
        add check (session_id is null or access is not null)`)
    this.addSql(`
      create unique index access_token_session_id_key on access_token (session_id) where session_id is not null`)

    // Personal tokens can name repositories of other namespaces.
    this.addSql(`alter table access_token_scope add column repository_namespace_id text collate "C"`)
    this.addSql(`update access_token_scope set repository_namespace_id = namespace_id where repository_id is not null`)
    this.addSql(`
      alter table access_token_scope
        drop constraint access_token_scope_namespace_id_repository_id_fkey,
        drop constraint access_token_scope_kind_check,
        add check (kind in ('NAMED_REPOSITORY', 'ALL_REPOSITORIES', 'PUBLIC_REPOSITORIES', 'REACHABLE_REPOSITORIES', 'ORGANIZATION')),
        add check ((repository_id is null) = (repository_namespace_id is null)),
        add check (repository_namespace_id = namespace_id or starts_with(namespace_id, 'usr_')),
        add foreign key (repository_namespace_id, repository_id) references repository (namespace_id, id) on delete cascade`)
    this.addSql(`drop index access_token_scope_repository_idx`)
    this.addSql(`
      create index access_token_scope_repository_idx on access_token_scope (repository_namespace_id, repository_id)
      where repository_id is not null`)

    // A secret that has expired after a rotation is kept for a while, to report late uses.
    this.addSql(`alter table access_token_secret add column refused_at timestamptz(3)`)

    // The subject is a token or a person. The tokens and the password of a person are counted together.
    this.addSql(`
      alter table usage_window drop constraint usage_window_namespace_id_token_id_fkey`)
    this.addSql(`alter table usage_window rename column token_id to subject_id`)
    this.addSql(`alter table usage_window add foreign key (namespace_id) references namespace on delete cascade`)
    this.addSql(`drop index usage_window_token_id_idx`)
  }

  override down(): void {
    this.addSql(`delete from usage_window w where not exists (
      select from access_token t where t.namespace_id = w.namespace_id and t.id = w.subject_id)`)
    this.addSql(`alter table usage_window drop constraint usage_window_namespace_id_fkey`)
    this.addSql(`alter table usage_window rename column subject_id to token_id`)
    this.addSql(`
      alter table usage_window
        add foreign key (namespace_id, token_id) references access_token (namespace_id, id) on delete cascade`)
    this.addSql(`create index usage_window_token_id_idx on usage_window (token_id, starts_at)`)
    this.addSql(`alter table access_token_secret drop column refused_at`)
    this.addSql(`delete from access_token where access is not null`)
    this.addSql(`drop index access_token_scope_repository_idx`)
    this.addSql(`
      alter table access_token_scope
        drop constraint access_token_scope_kind_check,
        drop column repository_namespace_id,
        add constraint access_token_scope_kind_check
          check (kind in ('NAMED_REPOSITORY', 'ALL_REPOSITORIES', 'PUBLIC_REPOSITORIES', 'ORGANIZATION')),
        add foreign key (namespace_id, repository_id) references repository (namespace_id, id) on delete cascade`)
    this.addSql(`
      create index access_token_scope_repository_idx on access_token_scope (namespace_id, repository_id)
      where repository_id is not null`)
    this.addSql(`alter table access_token drop column session_id, drop column access`)
    this.addSql(`delete from session where device_name is not null`)
    this.addSql(`alter table session drop column device_name`)
  }
}
