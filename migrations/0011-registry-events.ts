import { Migration } from '@mikro-orm/migrations'

/** Data from registries: the ids of reported events, and tags. */
export class RegistryEvents extends Migration {
  override readonly name = '0011-registry-events'

  override up(): void {
    // Ids belong to the deployment and not to a namespace, because a registry assigns them independent of repositories.
    this.addSql(`
      create table registry_event (
        id text collate "C" primary key,
        received_at timestamptz(3) not null
      )`)
    this.addSql(`create index registry_event_received_at_idx on registry_event (received_at)`)
    // The actor is stored by name, as in an activity event, because tags stay when tokens and accounts are deleted.
    this.addSql(`
      create table repository_tag (
        namespace_id text collate "C" not null,
        repository_id text collate "C" not null,
        name text collate "C" not null,
        digest text collate "C" not null,
        media_type text not null,
        pushed_at timestamptz(3) not null,
        actor_kind text not null check (actor_kind in ('USER', 'PERSONAL_TOKEN', 'ORGANIZATION_TOKEN', 'SYSTEM')),
        actor_id text collate "C",
        actor_name text not null,
        primary key (namespace_id, repository_id, name),
        foreign key (namespace_id, repository_id) references repository (namespace_id, id) on delete cascade
      )`)
    this.addSql(
      `create index repository_tag_pushed_at_idx on repository_tag (namespace_id, repository_id, pushed_at, name)`,
    )
  }

  override down(): void {
    this.addSql('drop table repository_tag')
    this.addSql('drop table registry_event')
  }
}
