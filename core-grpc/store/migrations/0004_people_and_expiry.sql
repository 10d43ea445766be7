-- Up Migration

-- What people decided about attempts whose automatic resolution gave up. Insert-only: a decision that was not confirmed stays too.
create table review_action (
  merchant_id uuid not null,
  intent_id uuid not null,
  attempt_id uuid not null,
  action_number integer not null check (action_number >= 1),
  decision smallint not null check (decision between 1 and 4), -- ReviewDecision of proto/cardedge/core/v1/reviews.proto
  operator text not null check (length(operator) between 1 and 64),
  evidence_reference text not null,
  note text not null,
  identity text not null, -- of the calling service's certificate
  at_us bigint not null,
  primary key (merchant_id, intent_id, attempt_id, action_number)
);
create index owed_review on owed (created_at_us, attempt_id) where state = 3;

-- Authorisations that were still held when the shortest validity of their network ended: the dispatcher gives them back when their own ends.
-- Few rows: most holds are captured by then. Updated, and kept as the record of what was looked at.
create table expiring (
  merchant_id uuid not null,
  intent_id uuid not null,
  due_at_us bigint not null,
  tries integer not null default 0,
  done_at_us bigint, -- null: still looked at
  primary key (merchant_id, intent_id)
) with (fillfactor = 70);
create index expiring_due on expiring (due_at_us) where done_at_us is null;

-- How far attempts were looked through for it. One row.
create table expiry_sweep (
  only_row boolean primary key default true check (only_row),
  swept_until_us bigint not null -- attempts made up to here
);

-- Allowance of a merchant's daily limit that instances have taken in blocks. A row a day and currency, only for merchants with a limit.
create table merchant_allowance (
  merchant_id uuid not null,
  day date not null, -- UTC
  currency text not null,
  taken_minor bigint not null check (taken_minor >= 0),
  primary key (merchant_id, day, currency)
) with (fillfactor = 50);

-- Answers of networks that no attempt could be found for: evidence for a person and for settlement, never dropped.
create table stray_answer (
  stray_id uuid primary key,
  attempt_id text not null, -- as the gateway gave it, '' if it did not know
  network text not null,
  mti text not null,
  response_code text not null,
  authorization_code text not null,
  network_reference text not null,
  link text not null,
  at_us bigint not null
);
create index stray_answer_at on stray_answer using brin (at_us) with (pages_per_range = 32);

do $$
begin
  if exists (select from pg_roles where rolname = 'card_edge_app') then
    grant select, insert on review_action, expiring, expiry_sweep, merchant_allowance, stray_answer to card_edge_app;
    grant update on expiring, expiry_sweep, merchant_allowance to card_edge_app;
  end if;
end $$;
