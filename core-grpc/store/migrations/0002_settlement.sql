-- Up Migration

-- Settlement: the networks' files, their lines, what does not agree, and what people did about it.
-- Files belong to networks, not to merchants, so these keys start with the file. Numbers of states, kinds and reasons are those of
-- proto/cardedge/core/v1/settlement.proto.

-- Loaded and quarantined files. A file is loaded in one transaction: while its row is not here, nothing of it is.
create table settlement_file (
  file_id uuid primary key,
  file_name text not null,
  network text not null,
  format text not null,
  state smallint not null check (state in (1, 2)), -- FileState: 1 loaded, 2 quarantined
  sha256 bytea not null check (length(sha256) = 32),
  scheme_file_id text not null, -- the network's own id, '' if the format has none
  settlement_date date, -- null: the format does not say
  bytes bigint not null,
  records integer not null,
  matched integer not null,
  exceptions integer not null,
  resolved integer not null, -- attempts whose pending verification its lines resolved
  problems text[] not null, -- why it is quarantined
  original_kept boolean not null, -- false: it holds clear card numbers, only its hash is kept
  loaded_at_us bigint not null
);
-- Once only, by content and by the network's own name for it. A quarantined file may come again.
create unique index settlement_file_once_by_content on settlement_file (sha256) where state = 1;
create unique index settlement_file_once_by_name on settlement_file (network, scheme_file_id) where state = 1 and scheme_file_id <> '';
create index settlement_file_newest on settlement_file (loaded_at_us, file_id);

-- Net of the lines by currency: to the acquirer positive.
create table settlement_file_net (
  file_id uuid not null references settlement_file,
  currency text not null,
  net_minor bigint not null,
  primary key (file_id, currency)
);

-- The original bytes, in pieces.
create table settlement_file_part (
  file_id uuid not null references settlement_file,
  part_number integer not null,
  content bytea not null,
  primary key (file_id, part_number)
);

-- One line of a file. No clear card number: the masked one, and the keyed fingerprint where the file had a clear one.
-- Its file_id refers to settlement_file; a foreign key would cost a look-up per line, and only the load of the file writes lines.
create table clearing_record (
  file_id uuid not null,
  record_number integer not null,
  kind smallint not null, -- RecordKind
  amount_minor bigint not null check (amount_minor >= 0),
  currency text not null,
  net_sign smallint not null check (net_sign in (-1, 0, 1)),
  masked_pan text not null,
  fingerprint bytea,
  rrn text not null,
  stan text not null,
  transmission_time text not null,
  from_us bigint not null, -- when the attempt can have been made, by what the line says
  to_us bigint not null,
  terminal_id text not null,
  acceptor_id text not null,
  authorization_code text not null,
  network_reference text not null,
  arn text not null,
  original_type text not null,
  reason_code text not null,
  state smallint not null check (state in (1, 2, 3)), -- RecordState: 1 matched, 2 exception, 3 written off
  merchant_id uuid,
  intent_id uuid,
  attempt_id uuid, -- of an exception: the attempt that it seems to belong to
  rule text not null, -- what matched it, '' for an exception
  primary key (file_id, record_number)
);
-- Duplicates, partial clearings and what is expected are found by the attempt.
create index clearing_record_by_attempt on clearing_record (attempt_id) include (state, kind, amount_minor) where attempt_id is not null;

-- Something that does not agree: a line without its attempt (file and record), or an attempt without its line (attempt alone).
create table settlement_exception (
  exception_id uuid primary key,
  network text not null,
  reason smallint not null, -- ExceptionReason
  file_id uuid references settlement_file,
  record_number integer,
  merchant_id uuid,
  intent_id uuid,
  attempt_id uuid,
  amount_minor bigint not null, -- at stake: to the acquirer positive
  currency text not null,
  opened_at_us bigint not null,
  owner text not null,
  resolved_at_us bigint, -- null: open
  resolution text not null,
  actions integer not null, -- how many rows of settlement_action there are
  check ((file_id is null) = (record_number is null)),
  check (file_id is not null or attempt_id is not null)
) with (fillfactor = 80);
create unique index settlement_exception_of_record on settlement_exception (file_id, record_number) where file_id is not null;
create unique index settlement_exception_of_attempt on settlement_exception (attempt_id) where file_id is null and resolved_at_us is null;
create index settlement_exception_open on settlement_exception (network, opened_at_us, exception_id) where resolved_at_us is null;
create index settlement_exception_age on settlement_exception (opened_at_us, exception_id);

-- What people did about an exception. Insert-only: an undo is another row, with counter-entries in the ledger.
create table settlement_action (
  exception_id uuid not null references settlement_exception,
  action_number integer not null,
  action smallint not null, -- ExceptionAction
  attempt_id uuid,
  operator text not null,
  approver text not null,
  note text not null,
  journal_ids uuid[] not null, -- the journals that it posted
  before jsonb not null, -- what REOPEN restores: record state, rule and attempt
  at_us bigint not null,
  primary key (exception_id, action_number)
);

-- How far each network was looked through for attempts that it should have cleared: an attempt is looked at when its window ends.
create table settlement_sweep (
  network text primary key,
  swept_until_us bigint not null, -- attempts made up to here
  swept_at_us bigint not null -- outcomes and decisions up to here
);

-- Work on unknown attempts that has ended since a sweep: what clearing took for granted may have turned out otherwise.
create index owed_done on owed (done_at_us) where state = 2;

insert into account (code, name, about) values
  (20, 'network_clearing', 'What networks confirmed in settlement files and have not paid yet');

do $$
begin
  if exists (select from pg_roles where rolname = 'card_edge_app') then
    grant select on settlement_file, settlement_file_net, settlement_file_part, clearing_record, settlement_exception, settlement_action,
      settlement_sweep
      to card_edge_app;
    grant insert on settlement_file, settlement_file_net, settlement_file_part, clearing_record, settlement_exception, settlement_action,
      settlement_sweep to card_edge_app;
    grant update on settlement_file, clearing_record, settlement_exception, settlement_sweep to card_edge_app;
  end if;
end $$;
