-- Up Migration

-- What follows a settlement file: disputes, payouts to merchants, and the bank's statements that close both sides. Numbers of states,
-- actions and reasons are those of proto/cardedge/core/v1/settlement.proto.

-- The network's settlement service of a line: a net position is per currency and service.
alter table clearing_record add column service text not null default '';

alter table settlement_file_net add column service text not null default '';
alter table settlement_file_net drop constraint settlement_file_net_pkey;
alter table settlement_file_net add primary key (file_id, currency, service);
alter table settlement_file_net add column journal_id uuid; -- the journal of the file in this currency and service; null: nothing moved
-- The bank entry that paid it.
alter table settlement_file_net add column bank_file_id uuid;
alter table settlement_file_net add column bank_entry_number integer;
create index settlement_file_net_unpaid on settlement_file_net (currency, net_minor) where bank_file_id is null and net_minor <> 0;

-- Net positions that a network stated (IPM 1644/685, 688): of a file that it names, in a file that may come later.
create table settlement_position (
  file_id uuid not null references settlement_file, -- the file that states it
  position_number integer not null,
  network text not null,
  of_scheme_file_id text not null, -- the network's id of the file it is about
  currency text not null,
  service text not null,
  net_minor bigint not null, -- to the acquirer positive
  primary key (file_id, position_number)
);
create index settlement_position_of on settlement_position (network, of_scheme_file_id);

-- A dispute about a payment that cleared. Its steps are insert-only; the row is where it stands.
create table dispute (
  dispute_id uuid primary key,
  network text not null,
  merchant_id uuid not null,
  intent_id uuid not null,
  attempt_id uuid not null,
  state smallint not null check (state between 1 and 5), -- DisputeState
  amount_minor bigint not null check (amount_minor > 0), -- of the first chargeback; kept back from the merchant while it is open
  outstanding_minor bigint not null, -- what the network holds of it now
  currency text not null,
  reason_code text not null,
  opened_at_us bigint not null,
  due_at_us bigint, -- when the state ends by itself; null: it has ended
  events integer not null, -- how many rows of dispute_event there are
  -- What the intent shows as disputed for it, once that is written; differs from what it should show until then.
  shown_minor bigint not null default 0
) with (fillfactor = 80);
-- One dispute of a payment at a time.
create unique index dispute_open on dispute (attempt_id) where state in (1, 2, 3);
create index dispute_by_attempt on dispute (attempt_id);
create index dispute_newest on dispute (opened_at_us, dispute_id);
create index dispute_of_merchant on dispute (merchant_id, opened_at_us, dispute_id);
create index dispute_due on dispute (due_at_us) where due_at_us is not null;
create index dispute_not_shown on dispute (dispute_id) 
  where shown_minor <> case when state in (1, 2, 3) then amount_minor else outstanding_minor end;

create table dispute_event (
  dispute_id uuid not null references dispute,
  event_number integer not null,
  event text not null, -- name in core-grpc/settlement/disputes/states.ts
  state smallint not null, -- state after it
  file_id uuid, -- of the line that told it
  record_number integer,
  operator text not null, -- of a person's decision
  note text not null,
  journal_id uuid, -- what it moved, if it moved anything
  at_us bigint not null,
  primary key (dispute_id, event_number),
  check ((file_id is null) = (record_number is null))
);
create unique index dispute_event_of_record on dispute_event (file_id, record_number) where file_id is not null;

-- A payout: what one merchant was owed in one currency, in one amount. The parts are to the merchant positive and sum to the net.
create table payout (
  payout_id uuid primary key,
  merchant_id uuid not null,
  currency text not null,
  payout_number integer not null, -- of the merchant and currency, from 1: two runs at once cannot make the same one
  from_us bigint not null, -- everything booked after this
  until_us bigint not null, -- up to and with this
  captured_minor bigint not null,
  refunded_minor bigint not null,
  fees_minor bigint not null,
  disputed_minor bigint not null,
  adjusted_minor bigint not null,
  net_minor bigint not null check (net_minor > 0),
  journal_id uuid not null,
  end_to_end_id text not null unique, -- what the bank's order and statement carry
  created_at_us bigint not null,
  bank_file_id uuid, -- the bank entry that confirmed it
  bank_entry_number integer,
  check (net_minor = captured_minor + refunded_minor + fees_minor + disputed_minor + adjusted_minor),
  unique (merchant_id, currency, payout_number)
) with (fillfactor = 80);
create index payout_newest on payout (created_at_us, payout_id);
create index payout_of_merchant on payout (merchant_id, created_at_us, payout_id);

-- How far a merchant's books were looked through, and what is carried to the next payout because nothing was to be paid. The row of merchant
-- 0 is how far all merchants were: who has no row of a later time begins there.
create table payout_mark (
  merchant_id uuid not null,
  currency text not null,
  until_us bigint not null,
  carried_from_us bigint not null, -- begin of what is carried
  captured_minor bigint not null,
  refunded_minor bigint not null,
  fees_minor bigint not null,
  disputed_minor bigint not null,
  adjusted_minor bigint not null,
  primary key (merchant_id, currency)
) with (fillfactor = 50);

-- Entries of bank statements, booked ones only. No account numbers of people: the reference and the texts that carry ours.
create table bank_entry (
  file_id uuid not null references settlement_file,
  entry_number integer not null,
  amount_minor bigint not null, -- in is positive
  currency text not null,
  booked_on text not null, -- YYYY-MM-DD, or as the bank wrote it
  reference text not null,
  state smallint not null check (state in (1, 2, 3)), -- RecordState
  closes text not null, -- 'payout', 'file' or ''; which ones: payout and settlement_file_net name the entry
  primary key (file_id, entry_number)
);
create index payout_by_bank on payout (bank_file_id, bank_entry_number) where bank_file_id is not null;
create index settlement_file_net_by_bank on settlement_file_net (bank_file_id, bank_entry_number) where bank_file_id is not null;

insert into account (code, name, about) values
  (21, 'payout_transit', 'Payouts that were ordered and that no bank statement shows yet');

do $$
begin
  if exists (select from pg_roles where rolname = 'card_edge_app') then
    grant select on settlement_position, dispute, dispute_event, payout, payout_mark, bank_entry to card_edge_app;
    grant insert on settlement_position, dispute, dispute_event, payout, payout_mark, bank_entry to card_edge_app;
    grant update on settlement_file_net, dispute, payout, payout_mark, bank_entry to card_edge_app;
    -- A load works in temporary tables; that right belongs to the database.
    execute format('grant temporary on database %I to card_edge_app', current_database());
  end if;
end $$;
