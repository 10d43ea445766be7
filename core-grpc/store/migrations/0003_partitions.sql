-- Up Migration

-- What grows is parted by time, so that a payment's pages and index pages are those of the newest partition however much is stored, and so
-- that what is old is detached as a whole (archive) instead of deleted row by row.
--
-- Tables keyed by intent are parted by intent_id: it is a UUID version 7 (RFC 9562 5.7), whose first 48 bits are milliseconds, so a range of
-- identifiers is a span of time, all rows of an intent lie in partitions of one span, and a read by key goes to one partition.
-- journal is parted by at_us. Partitions are made ahead by make_partitions(); what fits none goes to the default partition, never lost.
-- idempotency stays whole: its key is the caller's, and a key must be unique for ever, not for a week.

drop view intent_state;
drop view attempt_state;
drop view posting;

-- Which tables are parted, how wide, and how far their partitions reach. Operators may change days; it holds for partitions to come.
create table partition_plan (
  table_name text primary key,
  by_id boolean not null, -- true: by the time in a UUID version 7; false: by microseconds
  days integer not null default 7 check (days between 1 and 366),
  made_until_us bigint not null -- end of the newest partition
);

-- The smallest UUID version 7 of a moment.
create function id_from(at_us bigint) returns uuid language sql immutable strict parallel safe as
$$ select (lpad(to_hex(at_us / 1000), 12, '0') || '00000000000000000000')::uuid $$;

-- Makes partitions until they reach the given moment; gives how many. Instances may call it at once: the plan's rows are locked.
-- It waits only briefly for readers of the default partition, so that nothing queues behind it: the caller tries again later.
create function make_partitions(until_us bigint) returns integer
language plpgsql security definer set search_path = public, pg_temp set lock_timeout = '1s' as $$
declare
  plan partition_plan%rowtype;
  next_us bigint;
  name text;
  made integer := 0;
begin
  if until_us > extract(epoch from clock_timestamp()) * 1e6 + 366 * 86400e6 then
    raise exception 'partitions are made for a year ahead at most' using errcode = '22023';
  end if;
  for plan in select * from partition_plan order by table_name for update loop
    while plan.made_until_us < until_us loop
      next_us := plan.made_until_us + plan.days * 86400000000;
      name := plan.table_name || '_' || to_char(to_timestamp(plan.made_until_us / 1000000) at time zone 'UTC', 'YYYYMMDD');
      execute format('create table %I (like %I including all)', name, plan.table_name);
      if plan.by_id then
        execute format('alter table %I attach partition %I for values from (%L) to (%L)',
          plan.table_name, name, id_from(plan.made_until_us), id_from(next_us));
      else
        execute format('alter table %I attach partition %I for values from (%L) to (%L)',
          plan.table_name, name, plan.made_until_us, next_us);
      end if;
      plan.made_until_us := next_us;
      made := made + 1;
    end loop;
    update partition_plan p set made_until_us = plan.made_until_us where p.table_name = plan.table_name;
  end loop;
  return made;
end $$;
revoke all on function make_partitions(bigint) from public;

-- The tables as they are become the first partitions, which end with the present week.
do $$
declare
  week constant bigint := 7 * 86400000000;
  first_end constant bigint := (floor(extract(epoch from now()) * 1e6 / week)::bigint + 1) * week;
  one record;
begin
  for one in
    select * from (values
      ('intent', 'intent_id', '(merchant_id, intent_id)', 'intent_created', 'created_at_us'),
      ('intent_version', 'intent_id', '(merchant_id, intent_id, version)', 'intent_version_at', 'at_us'),
      ('attempt', 'intent_id', '(merchant_id, intent_id, attempt_id)', 'attempt_created', 'created_at_us'),
      ('outcome', 'intent_id', '(merchant_id, intent_id, attempt_id, seq)', 'outcome_at', 'at_us'),
      ('journal', 'at_us', '(merchant_id, journal_id, at_us)', 'journal_at', 'at_us')
    ) as t (name, part_key, primary_key, time_index, time_column)
  loop
    execute format('alter table %I rename to %I', one.name, one.name || '_first');
    execute format('alter index %I rename to %I', one.name || '_pkey', one.name || '_first_pkey');
    execute format('alter index %I rename to %I', one.time_index, one.time_index || '_first');
    -- Without summaries of its newest pages a BRIN index makes every look at a time read all of them.
    execute format('alter index %I set (autosummarize = on)', one.time_index || '_first');
    if one.name = 'journal' then
      execute format('alter table %I drop constraint %I, add primary key %s', one.name || '_first', one.name || '_first_pkey', one.primary_key);
    end if;
    execute format('create table %I (like %I including defaults including constraints including storage) partition by range (%I)',
      one.name, one.name || '_first', one.part_key);
    execute format('alter table %I add primary key %s', one.name, one.primary_key);
    execute format('create index %I on %I using brin (%I) with (pages_per_range = 32, autosummarize = on)', one.time_index, one.name, one.time_column);
    if one.part_key = 'intent_id' then
      execute format('alter table %I attach partition %I for values from (minvalue) to (%L)', one.name, one.name || '_first', id_from(first_end));
    else
      execute format('alter table %I attach partition %I for values from (minvalue) to (%L)', one.name, one.name || '_first', first_end);
    end if;
    execute format('create table %I partition of %I default', one.name || '_default', one.name);
    insert into partition_plan (table_name, by_id, made_until_us) values (one.name, one.part_key = 'intent_id', first_end);
  end loop;
  perform make_partitions(first_end + 4 * week);
end $$;

-- One row per posting.
create view posting as
select j.merchant_id, j.journal_id, j.intent_id, j.attempt_id, j.template, j.network, j.currency,
       p.account, a.name as account_name, p.amount_minor, j.at_us
from journal j
cross join lateral unnest(j.accounts, j.amounts) as p (account, amount_minor)
left join account a on a.code = p.account;

-- An intent with its newest state.
create view intent_state as
select i.merchant_id, i.intent_id, i.currency, i.capture_method, i.created_at_us,
       coalesce(v.version, 1) as version,
       coalesce(v.status, i.status) as status,
       coalesce(v.amount_minor, i.amount_minor) as amount_minor,
       coalesce(v.authorized_minor, 0) as authorized_minor,
       coalesce(v.captured_minor, 0) as captured_minor,
       coalesce(v.refunded_minor, 0) as refunded_minor,
       coalesce(v.disputed_minor, 0) as disputed_minor,
       case when v.version is null then i.live_attempt_id else v.live_attempt_id end as live_attempt_id,
       v.charge_attempt_id,
       coalesce(v.last_reason, 0::smallint) as last_reason,
       coalesce(v.at_us, i.created_at_us) as updated_at_us
from intent i
left join lateral (
  select * from intent_version n
  where n.merchant_id = i.merchant_id and n.intent_id = i.intent_id
  order by n.version desc limit 1
) v on true;

-- An attempt with its newest outcome; status 2 (sent) when nothing is known yet.
create view attempt_state as
select a.*,
       coalesce(o.status, 2::smallint) as status, coalesce(o.seq, 0::smallint) as seq, coalesce(o.reason, 0::smallint) as reason,
       o.response_code, o.authorization_code, o.network_reference, o.approved_minor, o.settlement_date,
       o.at_us as concluded_at_us
from attempt a
left join lateral (
  select * from outcome n
  where n.merchant_id = a.merchant_id and n.intent_id = a.intent_id and n.attempt_id = a.attempt_id
  order by n.seq desc limit 1
) o on true;

do $$
begin
  if exists (select from pg_roles where rolname = 'card_edge_app') then
    grant select on intent, intent_version, attempt, outcome, journal, posting, intent_state, attempt_state, partition_plan to card_edge_app;
    grant insert on intent, intent_version, attempt, outcome, journal to card_edge_app;
    grant execute on function make_partitions(bigint) to card_edge_app;
  end if;
end $$;
