/**
 * The trigger that chains events. It locks the head of the chain until the transaction ends, so that no two events have
 * the same predecessor. The hash is the SHA-256 of the previous hash, or 32 zeros, and of the event as a JSON array.
 */
export const chains: readonly string[] = [
  `
    create function activity_event_hash(previous bytea, place bigint, event activity_event) returns bytea
    language sql stable as $$
      select sha256(previous || convert_to(json_build_array(
        event.namespace_id, place, event.id, to_char(event.at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'),
        event.action, event.actor_kind, event.actor_id, event.actor_name, event.token_id, event.token_label, event.target,
        event.ip_address::text, event.user_agent, event.request_id, event.data::text)::text, 'UTF8'))
    $$`,
  // Existing events are chained without the trigger, because updating one row a million times in a transaction is too
  // slow.
  `
    do $$
    declare
      event activity_event;
      head activity_chain;
    begin
      for event in
        select *, 0::bigint, ''::bytea from activity_event_before_chains order by namespace_id, id
      loop
        if head.namespace_id is distinct from event.namespace_id then
          if head.namespace_id is not null then insert into activity_chain values (head.*); end if;
          head := row(event.namespace_id, 0, decode(repeat('00', 32), 'hex'));
        end if;
        head.position := head.position + 1;
        head.hash := activity_event_hash(head.hash, head.position, event);
        event.position := head.position;
        event.hash := head.hash;
        insert into activity_event values (event.*);
      end loop;
      if head.namespace_id is not null then insert into activity_chain values (head.*); end if;
    end $$`,
  `
    create function activity_event_chain() returns trigger language plpgsql as $$
    begin
      loop
        update activity_chain c
        set position = c.position + 1, hash = activity_event_hash(c.hash, c.position + 1, new)
        where c.namespace_id = new.namespace_id
        returning c.position, c.hash into new.position, new.hash;
        if found then return new; end if;
        insert into activity_chain values (new.namespace_id, 0, decode(repeat('00', 32), 'hex')) on conflict do nothing;
      end loop;
    end $$`,
  `
    create trigger chain before insert on activity_event
      for each row execute function activity_event_chain()`,
]

/**
 * The triggers that protect events. The server's role owns the tables, so privileges alone are not enough. An event can
 * be deleted if it is before the checkpoint of its chain, or if its namespace was deleted.
 */
export const guards: readonly string[] = [
  `
    create function activity_event_keep() returns trigger language plpgsql as $$
    begin
      if exists (select from activity_checkpoint k
          where k.namespace_id = old.namespace_id and k.position >= old.position and k.at >= old.at)
        or not exists (select from namespace where id = old.namespace_id) then return old; end if;
      raise exception 'The activity log is append-only.' using errcode = 'insufficient_privilege', table = tg_table_name;
    end $$`,
  // A checkpoint only moves forward, to an existing event that is about a day old or older.
  `
    create function activity_checkpoint_advance() returns trigger language plpgsql as $$
    begin
      if tg_op = 'DELETE' then
        if not exists (select from namespace where id = old.namespace_id) then return old; end if;
      elsif (tg_op = 'INSERT' or new.namespace_id = old.namespace_id and new.position > old.position)
        and new.at < now() - interval '23 hours'
        and exists (select from activity_event e
          where e.namespace_id = new.namespace_id and e.position = new.position and e.hash = new.hash)
        then return new;
      end if;
      raise exception 'This checkpoint is none of the activity log.' using errcode = 'insufficient_privilege', table = tg_table_name;
    end $$`,
  // Only the trigger of events changes a head, so this trigger must be the second one in the stack.
  `
    create function activity_chain_advance() returns trigger language plpgsql as $$
    begin
      if tg_op = 'DELETE' then
        if not exists (select from namespace where id = old.namespace_id) then return old; end if;
      elsif pg_trigger_depth() > 1 then return new;
      end if;
      raise exception 'Heads of the activity log move with it.' using errcode = 'insufficient_privilege', table = tg_table_name;
    end $$`,
  `
    create trigger append_only_update before update on activity_event
      for each row execute function activity_refuse()`,
  `
    create trigger append_only_delete before delete on activity_event
      for each row execute function activity_event_keep()`,
  `
    create trigger advance before insert or update or delete on activity_checkpoint
      for each row execute function activity_checkpoint_advance()`,
  `
    create trigger advance before insert or update or delete on activity_chain
      for each row execute function activity_chain_advance()`,
  ...['activity_event', 'activity_checkpoint', 'activity_chain'].map(
    (table) => `
    create trigger append_only_truncate before truncate on ${table}
      for each statement execute function activity_refuse()`,
  ),
  `do $$ begin execute format('revoke update, truncate on activity_event from %I', current_user); end $$`,
]
