import { Migration } from '@mikro-orm/migrations'

/** Repositories of organizations and of people. `path` is the name below the namespace: `api` of `acme/api`. */
export class Repositories extends Migration {
  override readonly name = '0002-repositories'

  override up(): void {
    this.addSql(`
      create table repository (
        namespace_id text collate "C" not null references namespace on delete cascade,
        id text collate "C" not null unique,
        path text collate "C" not null,
        description text,
        visibility text not null check (visibility in ('PUBLIC', 'PRIVATE')),
        created_at timestamptz(3) not null,
        primary key (namespace_id, id),
        unique (namespace_id, path)
      )`)
  }

  override down(): void {
    this.addSql('drop table repository')
  }
}
