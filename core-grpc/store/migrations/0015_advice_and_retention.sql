-- Up Migration

-- Whether the same payment may be tried again, as the network's answer means it: RetryAdvice of proto/cardedge/core/v1/types.proto. Rows of
-- before say nothing.
alter table outcome add column retry_advice smallint not null default 0;

-- Idempotency keys are kept for ever unless an operator names a time. They are forgotten by their age, so the index by time costs next to
-- nothing on insert; the table is not parted, because a key must be unique whatever its time.
create index idempotency_created on idempotency using brin (created_at_us) with (pages_per_range = 32, autosummarize = on);

-- Forgets some keys that are older than a moment; gives how many. Never younger than 48 hours by the database's own clock, whatever the
-- caller's says (the contract promises 24), and never one whose attempt still waits for the network or for a person.
create function forget_keys(before_us bigint, keys_max integer) returns integer
language plpgsql security definer set search_path = public, pg_temp as $$
declare
  forgotten integer;
begin
  if before_us > extract(epoch from clock_timestamp()) * 1e6 - 48 * 3600e6 then
    raise exception 'idempotency keys are kept for 48 hours at least' using errcode = '22023';
  end if;
  delete from idempotency where ctid = any (array(
    select i.ctid from idempotency i
    where i.created_at_us < before_us
      and not exists (select from owed w
                      where w.merchant_id = i.merchant_id and w.intent_id = i.intent_id and w.attempt_id = i.attempt_id and w.state <> 2)
    limit keys_max));
  get diagnostics forgotten = row_count;
  return forgotten;
end $$;
revoke all on function forget_keys(bigint, integer) from public;

create index stray_answer_newest on stray_answer (at_us, stray_id);

do $$
begin
  if exists (select from pg_roles where rolname = 'card_edge_app') then
    grant execute on function forget_keys(bigint, integer) to card_edge_app;
  end if;
end $$;
