-- Up Migration

-- Comparisons of a settlement day's totals with a network (0500/0510): one row for each day, currency and time that it was asked. The references
-- are stored before the message leaves, so that whoever goes on after a crash repeats the same message. Numbers of states are those of
-- proto/cardedge/core/v1/settlement.proto.
create table totals_comparison (
  comparison_id uuid primary key,
  network text not null,
  settlement_date date not null,
  currency text not null, -- '': nothing was settled on that day
  check_number integer not null, -- from 1: a day that differs is compared again
  state smallint not null check (state between 1 and 6), -- ComparisonState
  operator text not null, -- '': the core, because the day was over
  stan text not null, -- DE11 and DE7 of the message
  transmission_time text not null,
  tries integer not null, -- messages that were or may have been sent
  next_try_us bigint, -- when it is sent (again); null: it is over
  -- Totals in the order of DE74 to DE77 and DE86 to DE89: credits, credits reversed, debits, debits reversed; counts, then minor units.
  ours bigint[] not null check (cardinality(ours) = 8),
  theirs bigint[] check (cardinality(theirs) = 8), -- null: the network has not said them
  booked_minor bigint not null, -- by the ledger, to the acquirer positive
  difference_minor bigint, -- the network's net less the ledger's
  response_code text not null,
  asked_at_us bigint not null,
  answered_at_us bigint,
  unique (network, settlement_date, currency, check_number)
) with (fillfactor = 80);
create index totals_comparison_due on totals_comparison (next_try_us) where next_try_us is not null;
create index totals_comparison_newest on totals_comparison (settlement_date, comparison_id);

-- An exception may be about totals: then it is of no line and no attempt.
alter table settlement_exception add column comparison_id uuid references totals_comparison;
do $$
declare
  wanted text;
begin
  select conname into strict wanted from pg_constraint
  where conrelid = 'settlement_exception'::regclass and contype = 'c' and pg_get_constraintdef(oid) like '%attempt_id IS NOT NULL%';
  execute format('alter table settlement_exception drop constraint %I', wanted);
end $$;
alter table settlement_exception add constraint settlement_exception_about
  check (file_id is not null or attempt_id is not null or comparison_id is not null);
create unique index settlement_exception_of_totals on settlement_exception (comparison_id) where comparison_id is not null;

do $$
begin
  if exists (select from pg_roles where rolname = 'card_edge_app') then
    grant select, insert, update on totals_comparison to card_edge_app;
  end if;
end $$;
