-- Up Migration

-- The payment core's tables. Runs on PostgreSQL 15 to 18.
--
-- Rules: every key starts with merchant_id, so that an engine can shard by merchant. What grows is insert-only: a change is a new
-- row (intent_version, outcome, journal), so a row is never rewritten, vacuum has nothing to do and the history is the audit trail.
-- Numbers of statuses and kinds are those of proto/cardedge/core/v1. Money is minor units. Times (*_us) are microseconds since 1970 UTC.

create table merchant (
  merchant_id uuid primary key,
  name text not null,
  city text not null,
  country text not null,
  category_code text not null,
  acceptor_id text not null,
  status smallint not null check (status in (1, 2)), -- MerchantStatus: 1 active, 2 suspended
  suspension_reason text not null default '',
  networks text[] not null,
  currencies text[] not null,
  fee_basis_points integer not null check (fee_basis_points between 0 and 10000),
  fee_fixed_minor bigint not null check (fee_fixed_minor >= 0),
  default_capture_method smallint not null, -- CaptureMethod
  intent_minor_max bigint not null check (intent_minor_max >= 0), -- 0: no limit
  daily_minor_max bigint not null check (daily_minor_max >= 0), -- 0: no limit
  version bigint not null,
  created_at_us bigint not null,
  updated_at_us bigint not null
);
create index merchant_by_name on merchant (name, merchant_id);

create table terminal (
  merchant_id uuid not null references merchant,
  terminal_id text not null check (length(terminal_id) = 8), -- DE41
  ecommerce boolean not null,
  position smallint not null, -- order as given: the first e-commerce terminal is the default
  active boolean not null,
  primary key (merchant_id, terminal_id)
);

-- A stored card. card_id is derived from the keyed fingerprint and the expiry, so that the same card of a merchant is one row and
-- one token without a lookup. vault is ciphertext under an HSM key, bound to the merchant; no CVV2, no track, no clear PAN.
create table card (
  merchant_id uuid not null,
  card_id uuid not null,
  fingerprint bytea not null,
  bin text not null check (length(bin) <= 8),
  last4 text not null check (length(last4) = 4),
  expiry_yymm text not null,
  vault bytea not null,
  created_at_us bigint not null,
  primary key (merchant_id, card_id)
);

-- The immutable part of an intent; it is also version 1 of its state (status and live_attempt_id), so that a payment which makes
-- its own intent writes one row instead of two.
create table intent (
  merchant_id uuid not null,
  intent_id uuid not null,
  amount_minor bigint not null check (amount_minor >= 0), -- 0 only for card checks
  currency text not null,
  capture_method smallint not null, -- CaptureMethod: 1 automatic, 2 manual
  description text not null,
  statement_descriptor text not null,
  metadata text not null, -- JSON object with sorted keys; text, because it is only ever given back
  status smallint not null, -- IntentStatus of version 1: 1 created, 2 processing
  live_attempt_id uuid, -- attempt committed together with the intent
  created_at_us bigint not null,
  primary key (merchant_id, intent_id)
);
create index intent_created on intent using brin (created_at_us) with (pages_per_range = 32);

-- Every later state of an intent. The primary key is the guard against two writers: both would insert the same version.
create table intent_version (
  merchant_id uuid not null,
  intent_id uuid not null,
  version integer not null check (version >= 2),
  status smallint not null, -- IntentStatus
  amount_minor bigint not null, -- grows by increments
  authorized_minor bigint not null check (authorized_minor >= 0), -- held and not captured, voided or expired
  captured_minor bigint not null check (captured_minor >= 0),
  refunded_minor bigint not null check (refunded_minor >= 0 and refunded_minor <= captured_minor),
  disputed_minor bigint not null check (disputed_minor >= 0),
  live_attempt_id uuid, -- the attempt that is on its way or unknown; null: the intent is at rest
  charge_attempt_id uuid, -- the approved purchase or authorisation that captures, voids and refunds act on
  attempt_id uuid, -- the attempt that caused this version
  last_reason smallint not null, -- OutcomeReason
  note text, -- the merchant's cancellation reason
  at_us bigint not null,
  primary key (merchant_id, intent_id, version),
  check (captured_minor + authorized_minor <= amount_minor)
);
create index intent_version_at on intent_version using brin (at_us) with (pages_per_range = 32);

-- One money movement tried at a network. Committed before its first byte leaves; never changed.
create table attempt (
  merchant_id uuid not null,
  intent_id uuid not null,
  attempt_id uuid not null,
  kind smallint not null, -- AttemptKind: 1 purchase 2 authorization 3 increment 4 capture 5 void 6 refund 7 verification 8 balance
  amount_minor bigint not null check (amount_minor >= 0),
  currency text not null,
  network text not null,
  stan text not null, -- DE11
  rrn text not null, -- DE37
  transmission_time text not null, -- DE7, MMDDhhmmss UTC
  terminal_id text not null, -- DE41
  acceptor_id text not null, -- DE42
  card_id uuid,
  original_attempt_id uuid, -- what it acts on
  entry_mode smallint not null,
  initiated_by smallint not null,
  cash_back_minor bigint not null default 0,
  accept_partial boolean not null default false, -- a partial approval is kept instead of reversed
  final boolean not null default false, -- of a capture: the remainder is given back
  instance_id integer not null, -- the core instance that holds it
  version integer not null, -- the intent's version that made it live
  created_at_us bigint not null,
  primary key (merchant_id, intent_id, attempt_id)
);
-- Takeover and settlement read by time; an index by time that costs nothing on insert.
create index attempt_created on attempt using brin (created_at_us) with (pages_per_range = 32);

-- What became known of an attempt, in order: each row is a status with the evidence that it rests on. The highest seq is the
-- attempt's status; no row means that nothing is known yet. seq 1 is what the first caller was told, and what a replay tells again.
create table outcome (
  merchant_id uuid not null,
  intent_id uuid not null,
  attempt_id uuid not null,
  seq smallint not null check (seq >= 1),
  status smallint not null, -- AttemptStatus: 3 approved 4 declined 5 not_sent 6 pending_verification 7 reversing 8 reversed 9 needs_review
  reason smallint not null, -- OutcomeReason
  evidence_kind smallint not null, -- EvidenceKind
  evidence_reference text not null,
  response_code text not null, -- DE39
  authorization_code text not null, -- DE38
  network_reference text not null,
  approved_minor bigint, -- what counts as approved, when approved
  balance_minor bigint,
  avs_result text not null,
  cvv2_result text not null,
  settlement_date text not null, -- DE15, MMDD
  link text not null,
  sent_at_us bigint not null, -- 0: no byte was written, or not known
  answered_at_us bigint not null, -- 0: no answer
  version integer not null, -- the intent's version after it
  at_us bigint not null,
  primary key (merchant_id, intent_id, attempt_id, seq)
);
create index outcome_at on outcome using brin (at_us) with (pages_per_range = 32);

-- Idempotency keys, in the same transaction as the attempt.
create table idempotency (
  merchant_id uuid not null,
  key text not null,
  request_hash bytea not null, -- SHA-256 of the request in canonical form
  intent_id uuid not null,
  attempt_id uuid, -- null: the call made no attempt
  version integer not null, -- the intent's version that the call made, for calls without an attempt
  created_at_us bigint not null,
  primary key (merchant_id, key)
);

-- Work owed to the network until it is acknowledged: reversals of unknown attempts, repeats of advices.
-- The references are committed with it and kept on every repeat. This table is updated; its rows are few.
create table owed (
  merchant_id uuid not null,
  intent_id uuid not null,
  attempt_id uuid not null, -- what is reversed, or the advice itself
  kind smallint not null check (kind in (1, 2)), -- 1 reversal, 2 repeat of the advice
  network text not null,
  stan text not null,
  rrn text not null,
  transmission_time text not null,
  amount_minor bigint not null,
  reversal_reason smallint not null, -- ReversalReason
  state smallint not null check (state in (1, 2, 3)), -- 1 owed, 2 done, 3 a person decides
  tries integer not null, -- committed before each send, so that tries > 1 is a repeat
  due_at_us bigint not null,
  claimed_by integer not null, -- instance of the last try
  created_at_us bigint not null,
  done_at_us bigint,
  primary key (merchant_id, intent_id, attempt_id)
) with (fillfactor = 70);
create index owed_due on owed (due_at_us) where state = 1;

-- Accounts of the ledger: reference data. Debits are positive.
create table account (
  code smallint primary key,
  name text not null unique,
  about text not null
);
insert into account (code, name, about) values
  (1, 'network_receivable', 'What a network owes the acquirer for captures, less refunds'),
  (2, 'merchant_payable', 'What the acquirer owes a merchant'),
  (3, 'fee_income', 'Fees earned from merchants'),
  (4, 'authorization_held', 'Memorandum: amounts that issuers hold'),
  (5, 'authorization_contra', 'Memorandum: the other side of authorization_held'),
  (6, 'merchant_reserve', 'Kept back from a merchant against disputes'),
  (7, 'dispute_receivable', 'Disputed amounts that the network took back'),
  (8, 'suspense', 'Money that clearing shows and no attempt explains'),
  (9, 'settlement_bank', 'Money that networks paid and merchants were paid from'),
  (10, 'write_off', 'Differences that a person wrote off'),
  (11, 'network_cost', 'Interchange and scheme fees');

-- One row per journal; one payment is one row. Amounts sum to zero by constraint; the terms are written out because a function
-- over the array would cost more than the whole insert.
create table journal (
  merchant_id uuid not null,
  journal_id uuid not null,
  intent_id uuid,
  attempt_id uuid,
  template text not null,
  network text not null,
  currency text not null,
  accounts smallint[] not null,
  amounts bigint[] not null,
  at_us bigint not null,
  primary key (merchant_id, journal_id),
  check (cardinality(accounts) = cardinality(amounts) and cardinality(amounts) between 2 and 8),
  check (
    amounts[1] + amounts[2] + coalesce(amounts[3], 0) + coalesce(amounts[4], 0)
    + coalesce(amounts[5], 0) + coalesce(amounts[6], 0) + coalesce(amounts[7], 0) + coalesce(amounts[8], 0) = 0
  )
);
create index journal_at on journal using brin (at_us) with (pages_per_range = 32);

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

-- Core instances: who holds which attempts, and who is alive. Liveness is a session-level advisory lock and a heartbeat by the
-- database's clock. No merchant: an instance serves all.
create table instance (
  instance_id integer generated always as identity primary key,
  started_at_us bigint not null,
  heartbeat_at timestamptz not null default clock_timestamp(),
  oldest_in_flight_us bigint not null, -- no attempt of it that was open at the heartbeat, or made after it, is older
  ended_at timestamptz -- stopped in order, or taken over
) with (fillfactor = 50);

-- Blocks of sequence numbers for STAN and RRN. No merchant: the network sees one acquirer.
create table sequence_lease (
  network text primary key,
  next_number bigint not null
) with (fillfactor = 50);

-- The application's role: may not change or delete what is evidence. The role is shared by all databases of a cluster; where the
-- migrating user may not make roles, the operator makes it (docs/operations.md) and runs the grants.
do $$
begin
  create role card_edge_app nologin;
exception
  when duplicate_object or unique_violation or insufficient_privilege then null;
end $$;
do $$
begin
  if exists (select from pg_roles where rolname = 'card_edge_app') then
    grant usage on schema public to card_edge_app;
    grant select on all tables in schema public to card_edge_app;
    grant insert on merchant, terminal, card, intent, intent_version, attempt, outcome, idempotency, owed, journal, instance, sequence_lease
      to card_edge_app;
    grant update on merchant, terminal, owed, instance, sequence_lease to card_edge_app;
  end if;
end $$;
