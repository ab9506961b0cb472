import { Migration } from '@mikro-orm/migrations'
import { chains, guards } from './activity-chain/chains.ts'
import { partitions } from './activity-chain/partitions.ts'

/**
 * The activity log: append-only, partitioned by month, with a chain of hashes for each namespace. Existing events are
 * kept, and chained in the order of their ids.
 */
export class ActivityChain extends Migration {
  override readonly name = '0010-activity-chain'

  override up(): void {
    this.addSql('alter table activity_event rename to activity_event_before_chains')
    this.addSql(`
      create table activity_chain (
        namespace_id text collate "C" primary key references namespace on delete cascade,
        position bigint not null,
        hash bytea not null
      ) with (fillfactor = 50)`)
    this.addSql(`
      create table activity_checkpoint (
        namespace_id text collate "C" primary key references namespace on delete cascade,
        position bigint not null,
        hash bytea not null,
        at timestamptz(3) not null
      )`)
    this.addSql(`
      create table activity_event (
        like activity_event_before_chains including defaults including constraints,
        position bigint not null,
        hash bytea not null
      ) partition by range (id)`)
    for (const statement of [...partitions, ...chains, ...guards]) this.addSql(statement)
    this.addSql('drop table activity_event_before_chains')
    this.#addKeys()
    this.addSql('create index activity_event_position_idx on activity_event (namespace_id, position)')
  }

  override down(): void {
    this.addSql('alter table activity_event rename to activity_event_with_chains')
    this.addSql(`
      create table activity_event (
        like activity_event_with_chains including defaults including constraints
      )`)
    this.addSql('alter table activity_event drop column position, drop column hash')
    this.addSql(`insert into activity_event (${columns}) select ${columns} from activity_event_with_chains`)
    this.addSql('drop function activity_event_hash')
    this.addSql('drop table activity_event_with_chains, activity_checkpoint, activity_chain')
    this.#addKeys()
    for (const name of [
      'activity_event_add_months(date)',
      'activity_event_drop_months(date)',
      'activity_event_protect(text)',
      'activity_event_months()',
      'activity_event_bound(date)',
      'activity_event_chain()',
      'activity_event_keep()',
      'activity_checkpoint_advance()',
      'activity_chain_advance()',
      'activity_refuse()',
    ])
      this.addSql(`drop function ${name}`)
  }

  // After the old table is dropped, because its keys have the same names.
  #addKeys(): void {
    this.addSql('alter table activity_event add primary key (namespace_id, id)')
    this.addSql('alter table activity_event add foreign key (namespace_id) references namespace on delete cascade')
  }
}

const columns = `namespace_id, id, at, action, actor_kind, actor_id, actor_name, token_id, token_label, target,
  ip_address, user_agent, request_id, data`
