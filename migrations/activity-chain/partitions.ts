/**
 * The partitions of `activity_event`: months without gaps, one partition for everything before, and one for everything
 * after. With a default partition instead of these two, every page of a list would read all partitions.
 */
export const partitions: readonly string[] = [
  `
    create function activity_event_bound(month date) returns text language sql stable as $$
      select 'evt_' || string_agg(
        substr('0123456789ABCDEFGHJKMNPQRSTVWXYZ', ((ms >> (45 - 5 * digit)) & 31)::int + 1, 1), '' order by digit
      ) || repeat('0', 16)
      from (select (extract(epoch from month::timestamp at time zone 'UTC') * 1000)::bigint as ms) m,
        generate_series(0, 9) digit
    $$`,
  `
    create function activity_event_months() returns table (month date, name text) language sql stable as $$
      select to_date(right(c.relname, 7), 'YYYY_MM'), c.relname::text
      from pg_inherits i join pg_class c on c.oid = i.inhrelid
      where i.inhparent = 'activity_event'::regclass and c.relname ~ '^activity_event_\\d{4}_\\d{2}$'
    $$`,
  // Partitions inherit neither statement triggers nor privileges.
  `
    create function activity_event_protect(partition text) returns void language plpgsql as $$
    begin
      execute format('revoke update, truncate on %I from %I', partition, current_user);
      execute format('create trigger append_only_truncate before truncate on %I
        for each statement execute function activity_refuse()', partition);
    end $$`,
  // If the partition "after" has rows of a month, the partition of that month is not created, and the rows stay. This
  // does not wait for the lock, because all requests would wait too, and there is a month to try again.
  `
    create function activity_event_add_months(last_month date) returns void language plpgsql
    set lock_timeout = '1s' as $$
    declare
      next_month date;
      partition text;
    begin
      if to_regclass('activity_event_' || to_char(last_month, 'YYYY_MM')) is not null then return; end if;
      lock table activity_event in access exclusive mode;
      select coalesce(max(month) + interval '1 month', last_month) into next_month from activity_event_months();
      if next_month > last_month or exists (select from activity_event_after) then return; end if;
      alter table activity_event detach partition activity_event_after;
      while next_month <= last_month loop
        partition := 'activity_event_' || to_char(next_month, 'YYYY_MM');
        execute format('create table %I partition of activity_event for values from (%L) to (%L)', partition,
          activity_event_bound(next_month), activity_event_bound((next_month + interval '1 month')::date));
        perform activity_event_protect(partition);
        next_month := next_month + interval '1 month';
      end loop;
      execute format('alter table activity_event attach partition activity_event_after for values from (%L) to (maxvalue)',
        activity_event_bound(next_month));
    exception when lock_not_available then return;
    end $$`,
  `
    create function activity_event_drop_months(before_month date) returns void language plpgsql
    set lock_timeout = '1s' as $$
    declare
      past record;
      is_used boolean;
    begin
      for past in select month, name from activity_event_months() where month < before_month order by month loop
        execute format('select exists (select from %I)', past.name) into is_used;
        exit when is_used;
        lock table activity_event in access exclusive mode;
        continue when to_regclass(past.name) is null;
        execute format('select exists (select from %I)', past.name) into is_used;
        exit when is_used;
        execute format('drop table %I', past.name);
        alter table activity_event detach partition activity_event_before;
        execute format('alter table activity_event attach partition activity_event_before for values from (minvalue) to (%L)',
          activity_event_bound((past.month + interval '1 month')::date));
      end loop;
    exception when lock_not_available then return;
    end $$`,
  `
    create function activity_refuse() returns trigger language plpgsql as $$
    begin
      raise exception 'The activity log is append-only.' using errcode = 'insufficient_privilege', table = tg_table_name;
    end $$`,
  `
    do $$
    declare
      first_month date;
    begin
      select date_trunc('month', greatest(least(min(at), now()), now() - interval '13 months') at time zone 'UTC')::date
      into first_month from activity_event_before_chains;
      execute format('create table activity_event_before partition of activity_event for values from (minvalue) to (%L)',
        activity_event_bound(first_month));
      execute format('create table activity_event_after partition of activity_event for values from (%L) to (maxvalue)',
        activity_event_bound(first_month));
      perform activity_event_protect('activity_event_before');
      perform activity_event_protect('activity_event_after');
      while first_month <= (now() at time zone 'UTC')::date loop
        perform activity_event_add_months(first_month);
        first_month := first_month + interval '1 month';
      end loop;
    end $$`,
]
