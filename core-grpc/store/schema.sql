-- Generated from core-grpc/store/migrations by `make schema`; do not edit. Partitions are left out: they depend on the day.

CREATE OR REPLACE FUNCTION public.forget_keys(before_us bigint, keys_max integer)
 RETURNS integer
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
AS $function$
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
end $function$;

CREATE OR REPLACE FUNCTION public.id_from(at_us bigint)
 RETURNS uuid
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE STRICT
AS $function$ select (lpad(to_hex(at_us / 1000), 12, '0') || '00000000000000000000')::uuid $function$;

CREATE OR REPLACE FUNCTION public.make_partitions(until_us bigint)
 RETURNS integer
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
 SET lock_timeout TO '1s'
AS $function$
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
end $function$;

create table account (
  code smallint not null,
  name text not null,
  about text not null,
  constraint account_pkey PRIMARY KEY (code),
  constraint account_name_key UNIQUE (name)
);

create table api_key (
  merchant_id uuid not null,
  key_id uuid not null,
  label text not null,
  verifier bytea not null,
  created_at_us bigint not null,
  constraint api_key_pkey PRIMARY KEY (merchant_id, key_id),
  constraint api_key_verifier_check CHECK ((length(verifier) = 32))
);
CREATE INDEX api_key_by_id ON public.api_key USING btree (key_id);

create table api_key_event (
  merchant_id uuid not null,
  key_id uuid not null,
  event_number integer not null,
  action smallint not null,
  expires_at_us bigint,
  identity text not null,
  note text not null,
  at_us bigint not null,
  constraint api_key_event_pkey PRIMARY KEY (merchant_id, key_id, event_number),
  constraint api_key_event_action_check CHECK (((action >= 1) AND (action <= 3))),
  constraint api_key_event_event_number_check CHECK ((event_number >= 1))
);

create table attempt (
  merchant_id uuid not null,
  intent_id uuid not null,
  attempt_id uuid not null,
  kind smallint not null,
  amount_minor bigint not null,
  currency text not null,
  network text not null,
  stan text not null,
  rrn text not null,
  transmission_time text not null,
  terminal_id text not null,
  acceptor_id text not null,
  card_id uuid,
  original_attempt_id uuid,
  entry_mode smallint not null,
  initiated_by smallint not null,
  cash_back_minor bigint not null default 0,
  accept_partial boolean not null default false,
  final boolean not null default false,
  instance_id integer not null,
  version integer not null,
  created_at_us bigint not null,
  constraint attempt_pkey PRIMARY KEY (merchant_id, intent_id, attempt_id),
  constraint attempt_amount_minor_check CHECK ((amount_minor >= 0))
) partition by RANGE (intent_id);
CREATE INDEX attempt_created ON ONLY public.attempt USING brin (created_at_us) WITH (pages_per_range='32', autosummarize='on');

create table bank_entry (
  file_id uuid not null,
  entry_number integer not null,
  amount_minor bigint not null,
  currency text not null,
  booked_on text not null,
  reference text not null,
  state smallint not null,
  closes text not null,
  constraint bank_entry_pkey PRIMARY KEY (file_id, entry_number),
  constraint bank_entry_file_id_fkey FOREIGN KEY (file_id) REFERENCES settlement_file(file_id),
  constraint bank_entry_state_check CHECK ((state = ANY (ARRAY[1, 2, 3])))
);

create table card (
  merchant_id uuid not null,
  card_id uuid not null,
  fingerprint bytea not null,
  bin text not null,
  last4 text not null,
  expiry_yymm text not null,
  vault bytea not null,
  created_at_us bigint not null,
  constraint card_pkey PRIMARY KEY (merchant_id, card_id),
  constraint card_bin_check CHECK ((length(bin) <= 8)),
  constraint card_last4_check CHECK ((length(last4) = 4))
);

create table card_range (
  table_number bigint not null,
  position integer not null,
  range_from text not null,
  range_to text not null,
  network text not null,
  currency text not null,
  cost_basis_points integer not null,
  cost_fixed_minor bigint not null,
  constraint card_range_pkey PRIMARY KEY (table_number, "position"),
  constraint card_range_table_number_fkey FOREIGN KEY (table_number) REFERENCES card_range_table(table_number) ON DELETE CASCADE
);

create table card_range_table (
  table_number bigint not null generated always as identity,
  rows integer not null,
  sha256 bytea not null,
  identity text not null,
  at_us bigint not null,
  constraint card_range_table_pkey PRIMARY KEY (table_number),
  constraint card_range_table_rows_check CHECK ((rows >= 0)),
  constraint card_range_table_sha256_check CHECK ((length(sha256) = 32))
);

create table clearing_record (
  file_id uuid not null,
  record_number integer not null,
  kind smallint not null,
  amount_minor bigint not null,
  currency text not null,
  net_sign smallint not null,
  masked_pan text not null,
  fingerprint bytea,
  rrn text not null,
  stan text not null,
  transmission_time text not null,
  from_us bigint not null,
  to_us bigint not null,
  terminal_id text not null,
  acceptor_id text not null,
  authorization_code text not null,
  network_reference text not null,
  arn text not null,
  original_type text not null,
  reason_code text not null,
  state smallint not null,
  merchant_id uuid,
  intent_id uuid,
  attempt_id uuid,
  rule text not null,
  service text not null default ''::text,
  interchange_minor bigint not null default 0,
  constraint clearing_record_pkey PRIMARY KEY (file_id, record_number),
  constraint clearing_record_amount_minor_check CHECK ((amount_minor >= 0)),
  constraint clearing_record_net_sign_check CHECK ((net_sign = ANY (ARRAY['-1'::integer, 0, 1]))),
  constraint clearing_record_state_check CHECK ((state = ANY (ARRAY[1, 2, 3])))
);
CREATE INDEX clearing_record_by_arn ON public.clearing_record USING btree (arn) INCLUDE (merchant_id, intent_id, attempt_id) WHERE ((arn <> ''::text) AND (rrn = ''::text) AND (network_reference = ''::text) AND (attempt_id IS NOT NULL));
CREATE INDEX clearing_record_by_attempt ON public.clearing_record USING btree (attempt_id) INCLUDE (state, kind, amount_minor) WHERE (attempt_id IS NOT NULL);

create table dispute (
  dispute_id uuid not null,
  network text not null,
  merchant_id uuid not null,
  intent_id uuid not null,
  attempt_id uuid not null,
  state smallint not null,
  amount_minor bigint not null,
  outstanding_minor bigint not null,
  currency text not null,
  reason_code text not null,
  opened_at_us bigint not null,
  due_at_us bigint,
  events integer not null,
  shown_minor bigint not null default 0,
  constraint dispute_pkey PRIMARY KEY (dispute_id),
  constraint dispute_amount_minor_check CHECK ((amount_minor > 0)),
  constraint dispute_state_check CHECK (((state >= 1) AND (state <= 5)))
) with (fillfactor=80);
CREATE INDEX dispute_by_attempt ON public.dispute USING btree (attempt_id);
CREATE INDEX dispute_due ON public.dispute USING btree (due_at_us) WHERE (due_at_us IS NOT NULL);
CREATE INDEX dispute_newest ON public.dispute USING btree (opened_at_us, dispute_id);
CREATE INDEX dispute_not_shown ON public.dispute USING btree (dispute_id) WHERE (shown_minor <>
CASE
    WHEN (state = ANY (ARRAY[1, 2, 3])) THEN amount_minor
    ELSE outstanding_minor
END);
CREATE INDEX dispute_of_merchant ON public.dispute USING btree (merchant_id, opened_at_us, dispute_id);
CREATE UNIQUE INDEX dispute_open ON public.dispute USING btree (attempt_id) WHERE (state = ANY (ARRAY[1, 2, 3]));

create table dispute_event (
  dispute_id uuid not null,
  event_number integer not null,
  event text not null,
  state smallint not null,
  file_id uuid,
  record_number integer,
  operator text not null,
  note text not null,
  journal_id uuid,
  at_us bigint not null,
  constraint dispute_event_pkey PRIMARY KEY (dispute_id, event_number),
  constraint dispute_event_check CHECK (((file_id IS NULL) = (record_number IS NULL))),
  constraint dispute_event_dispute_id_fkey FOREIGN KEY (dispute_id) REFERENCES dispute(dispute_id)
);
CREATE UNIQUE INDEX dispute_event_of_record ON public.dispute_event USING btree (file_id, record_number) WHERE (file_id IS NOT NULL);

create table expiring (
  merchant_id uuid not null,
  intent_id uuid not null,
  due_at_us bigint not null,
  tries integer not null default 0,
  done_at_us bigint,
  constraint expiring_pkey PRIMARY KEY (merchant_id, intent_id)
) with (fillfactor=70);
CREATE INDEX expiring_due ON public.expiring USING btree (due_at_us) WHERE (done_at_us IS NULL);

create table expiry_sweep (
  only_row boolean not null default true,
  swept_until_us bigint not null,
  constraint expiry_sweep_pkey PRIMARY KEY (only_row),
  constraint expiry_sweep_only_row_check CHECK (only_row)
);

create table idempotency (
  merchant_id uuid not null,
  key text not null,
  request_hash bytea not null,
  intent_id uuid not null,
  attempt_id uuid,
  version integer not null,
  created_at_us bigint not null,
  constraint idempotency_pkey PRIMARY KEY (merchant_id, key)
);
CREATE INDEX idempotency_created ON public.idempotency USING brin (created_at_us) WITH (pages_per_range='32', autosummarize='on');

create table instance (
  instance_id integer not null generated always as identity,
  started_at_us bigint not null,
  heartbeat_at timestamp with time zone not null default clock_timestamp(),
  oldest_in_flight_us bigint not null,
  ended_at timestamp with time zone,
  constraint instance_pkey PRIMARY KEY (instance_id)
) with (fillfactor=50);

create table intent (
  merchant_id uuid not null,
  intent_id uuid not null,
  amount_minor bigint not null,
  currency text not null,
  capture_method smallint not null,
  description text not null,
  statement_descriptor text not null,
  metadata text not null,
  status smallint not null,
  live_attempt_id uuid,
  created_at_us bigint not null,
  constraint intent_pkey PRIMARY KEY (merchant_id, intent_id),
  constraint intent_amount_minor_check CHECK ((amount_minor >= 0))
) partition by RANGE (intent_id);
CREATE INDEX intent_created ON ONLY public.intent USING brin (created_at_us) WITH (pages_per_range='32', autosummarize='on');

create table intent_version (
  merchant_id uuid not null,
  intent_id uuid not null,
  version integer not null,
  status smallint not null,
  amount_minor bigint not null,
  authorized_minor bigint not null,
  captured_minor bigint not null,
  refunded_minor bigint not null,
  disputed_minor bigint not null,
  live_attempt_id uuid,
  charge_attempt_id uuid,
  attempt_id uuid,
  last_reason smallint not null,
  note text,
  at_us bigint not null,
  constraint intent_version_pkey PRIMARY KEY (merchant_id, intent_id, version),
  constraint intent_version_authorized_minor_check CHECK ((authorized_minor >= 0)),
  constraint intent_version_captured_minor_check CHECK ((captured_minor >= 0)),
  constraint intent_version_check CHECK (((refunded_minor >= 0) AND (refunded_minor <= captured_minor))),
  constraint intent_version_check1 CHECK (((captured_minor + authorized_minor) <= amount_minor)),
  constraint intent_version_disputed_minor_check CHECK ((disputed_minor >= 0)),
  constraint intent_version_version_check CHECK ((version >= 2))
) partition by RANGE (intent_id);
CREATE INDEX intent_version_at ON ONLY public.intent_version USING brin (at_us) WITH (pages_per_range='32', autosummarize='on');

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
  constraint journal_pkey PRIMARY KEY (merchant_id, journal_id, at_us),
  constraint journal_amounts_check CHECK (((((((((amounts[1] + amounts[2]) + COALESCE(amounts[3], (0)::bigint)) + COALESCE(amounts[4], (0)::bigint)) + COALESCE(amounts[5], (0)::bigint)) + COALESCE(amounts[6], (0)::bigint)) + COALESCE(amounts[7], (0)::bigint)) + COALESCE(amounts[8], (0)::bigint)) = 0)),
  constraint journal_check CHECK (((cardinality(accounts) = cardinality(amounts)) AND ((cardinality(amounts) >= 2) AND (cardinality(amounts) <= 8))))
) partition by RANGE (at_us);
CREATE INDEX journal_at ON ONLY public.journal USING brin (at_us) WITH (pages_per_range='32', autosummarize='on');
CREATE INDEX journal_reserve ON ONLY public.journal USING btree (merchant_id, at_us) WHERE (accounts @> '{12}'::smallint[]);

create table merchant (
  merchant_id uuid not null,
  name text not null,
  city text not null,
  country text not null,
  category_code text not null,
  acceptor_id text not null,
  status smallint not null,
  suspension_reason text not null default ''::text,
  networks text[] not null,
  currencies text[] not null,
  fee_basis_points integer not null,
  fee_fixed_minor bigint not null,
  default_capture_method smallint not null,
  intent_minor_max bigint not null,
  daily_minor_max bigint not null,
  version bigint not null,
  created_at_us bigint not null,
  updated_at_us bigint not null,
  reserve_basis_points integer not null default 0,
  reserve_days integer not null default 0,
  constraint merchant_pkey PRIMARY KEY (merchant_id),
  constraint merchant_daily_minor_max_check CHECK ((daily_minor_max >= 0)),
  constraint merchant_fee_basis_points_check CHECK (((fee_basis_points >= 0) AND (fee_basis_points <= 10000))),
  constraint merchant_fee_fixed_minor_check CHECK ((fee_fixed_minor >= 0)),
  constraint merchant_intent_minor_max_check CHECK ((intent_minor_max >= 0)),
  constraint merchant_reserve_basis_points_check CHECK (((reserve_basis_points >= 0) AND (reserve_basis_points <= 10000))),
  constraint merchant_reserve_days_check CHECK (((reserve_days >= 0) AND (reserve_days <= 730))),
  constraint merchant_status_check CHECK ((status = ANY (ARRAY[1, 2])))
);
CREATE INDEX merchant_by_name ON public.merchant USING btree (name, merchant_id);

create table merchant_allowance (
  merchant_id uuid not null,
  day date not null,
  currency text not null,
  taken_minor bigint not null,
  constraint merchant_allowance_pkey PRIMARY KEY (merchant_id, day, currency),
  constraint merchant_allowance_taken_minor_check CHECK ((taken_minor >= 0))
) with (fillfactor=50);

create table outcome (
  merchant_id uuid not null,
  intent_id uuid not null,
  attempt_id uuid not null,
  seq smallint not null,
  status smallint not null,
  reason smallint not null,
  evidence_kind smallint not null,
  evidence_reference text not null,
  response_code text not null,
  authorization_code text not null,
  network_reference text not null,
  approved_minor bigint,
  balance_minor bigint,
  avs_result text not null,
  cvv2_result text not null,
  settlement_date text not null,
  link text not null,
  sent_at_us bigint not null,
  answered_at_us bigint not null,
  version integer not null,
  at_us bigint not null,
  retry_advice smallint not null default 0,
  constraint outcome_pkey PRIMARY KEY (merchant_id, intent_id, attempt_id, seq),
  constraint outcome_seq_check CHECK ((seq >= 1))
) partition by RANGE (intent_id);
CREATE INDEX outcome_at ON ONLY public.outcome USING brin (at_us) WITH (pages_per_range='32', autosummarize='on');

create table owed (
  merchant_id uuid not null,
  intent_id uuid not null,
  attempt_id uuid not null,
  kind smallint not null,
  network text not null,
  stan text not null,
  rrn text not null,
  transmission_time text not null,
  amount_minor bigint not null,
  reversal_reason smallint not null,
  state smallint not null,
  tries integer not null,
  due_at_us bigint not null,
  claimed_by integer not null,
  created_at_us bigint not null,
  done_at_us bigint,
  constraint owed_pkey PRIMARY KEY (merchant_id, intent_id, attempt_id),
  constraint owed_kind_check CHECK ((kind = ANY (ARRAY[1, 2, 3]))),
  constraint owed_state_check CHECK ((state = ANY (ARRAY[1, 2, 3])))
) with (fillfactor=70);
CREATE INDEX owed_done ON public.owed USING btree (done_at_us) WHERE (state = 2);
CREATE INDEX owed_due ON public.owed USING btree (due_at_us) WHERE (state = 1);
CREATE INDEX owed_review ON public.owed USING btree (created_at_us, attempt_id) WHERE (state = 3);

create table partition_plan (
  table_name text not null,
  by_id boolean not null,
  days integer not null default 7,
  made_until_us bigint not null,
  constraint partition_plan_pkey PRIMARY KEY (table_name),
  constraint partition_plan_days_check CHECK (((days >= 1) AND (days <= 366)))
);

create table payout (
  payout_id uuid not null,
  merchant_id uuid not null,
  currency text not null,
  payout_number integer not null,
  from_us bigint not null,
  until_us bigint not null,
  captured_minor bigint not null,
  refunded_minor bigint not null,
  fees_minor bigint not null,
  disputed_minor bigint not null,
  adjusted_minor bigint not null,
  net_minor bigint not null,
  journal_id uuid not null,
  end_to_end_id text not null,
  created_at_us bigint not null,
  bank_file_id uuid,
  bank_entry_number integer,
  reserved_minor bigint not null default 0,
  constraint payout_pkey PRIMARY KEY (payout_id),
  constraint payout_check CHECK ((net_minor = (((((captured_minor + refunded_minor) + fees_minor) + disputed_minor) + adjusted_minor) + reserved_minor))),
  constraint payout_end_to_end_id_key UNIQUE (end_to_end_id),
  constraint payout_merchant_id_currency_payout_number_key UNIQUE (merchant_id, currency, payout_number),
  constraint payout_net_minor_check CHECK ((net_minor > 0))
) with (fillfactor=80);
CREATE INDEX payout_by_bank ON public.payout USING btree (bank_file_id, bank_entry_number) WHERE (bank_file_id IS NOT NULL);
CREATE INDEX payout_newest ON public.payout USING btree (created_at_us, payout_id);
CREATE INDEX payout_of_merchant ON public.payout USING btree (merchant_id, created_at_us, payout_id);

create table payout_mark (
  merchant_id uuid not null,
  currency text not null,
  until_us bigint not null,
  carried_from_us bigint not null,
  captured_minor bigint not null,
  refunded_minor bigint not null,
  fees_minor bigint not null,
  disputed_minor bigint not null,
  adjusted_minor bigint not null,
  reserved_minor bigint not null default 0,
  constraint payout_mark_pkey PRIMARY KEY (merchant_id, currency)
) with (fillfactor=50);

create table reserve_mark (
  merchant_id uuid not null,
  released_until_us bigint not null,
  constraint reserve_mark_pkey PRIMARY KEY (merchant_id)
) with (fillfactor=50);

create table review_action (
  merchant_id uuid not null,
  intent_id uuid not null,
  attempt_id uuid not null,
  action_number integer not null,
  decision smallint not null,
  operator text not null,
  evidence_reference text not null,
  note text not null,
  identity text not null,
  at_us bigint not null,
  constraint review_action_pkey PRIMARY KEY (merchant_id, intent_id, attempt_id, action_number),
  constraint review_action_action_number_check CHECK ((action_number >= 1)),
  constraint review_action_decision_check CHECK (((decision >= 1) AND (decision <= 4))),
  constraint review_action_operator_check CHECK (((length(operator) >= 1) AND (length(operator) <= 64)))
);

create table sequence_lease (
  network text not null,
  next_number bigint not null,
  constraint sequence_lease_pkey PRIMARY KEY (network)
) with (fillfactor=50);

create table settlement_action (
  exception_id uuid not null,
  action_number integer not null,
  action smallint not null,
  attempt_id uuid,
  operator text not null,
  approver text not null,
  note text not null,
  journal_ids uuid[] not null,
  before jsonb not null,
  at_us bigint not null,
  constraint settlement_action_pkey PRIMARY KEY (exception_id, action_number),
  constraint settlement_action_exception_id_fkey FOREIGN KEY (exception_id) REFERENCES settlement_exception(exception_id)
);

create table settlement_exception (
  exception_id uuid not null,
  network text not null,
  reason smallint not null,
  file_id uuid,
  record_number integer,
  merchant_id uuid,
  intent_id uuid,
  attempt_id uuid,
  amount_minor bigint not null,
  currency text not null,
  opened_at_us bigint not null,
  owner text not null,
  resolved_at_us bigint,
  resolution text not null,
  actions integer not null,
  comparison_id uuid,
  constraint settlement_exception_pkey PRIMARY KEY (exception_id),
  constraint settlement_exception_about CHECK (((file_id IS NOT NULL) OR (attempt_id IS NOT NULL) OR (comparison_id IS NOT NULL))),
  constraint settlement_exception_check CHECK (((file_id IS NULL) = (record_number IS NULL))),
  constraint settlement_exception_comparison_id_fkey FOREIGN KEY (comparison_id) REFERENCES totals_comparison(comparison_id),
  constraint settlement_exception_file_id_fkey FOREIGN KEY (file_id) REFERENCES settlement_file(file_id)
) with (fillfactor=80);
CREATE INDEX settlement_exception_age ON public.settlement_exception USING btree (opened_at_us, exception_id);
CREATE UNIQUE INDEX settlement_exception_of_attempt ON public.settlement_exception USING btree (attempt_id) WHERE ((file_id IS NULL) AND (resolved_at_us IS NULL));
CREATE UNIQUE INDEX settlement_exception_of_record ON public.settlement_exception USING btree (file_id, record_number) WHERE (file_id IS NOT NULL);
CREATE UNIQUE INDEX settlement_exception_of_totals ON public.settlement_exception USING btree (comparison_id) WHERE (comparison_id IS NOT NULL);
CREATE INDEX settlement_exception_open ON public.settlement_exception USING btree (network, opened_at_us, exception_id) WHERE (resolved_at_us IS NULL);

create table settlement_file (
  file_id uuid not null,
  file_name text not null,
  network text not null,
  format text not null,
  state smallint not null,
  sha256 bytea not null,
  scheme_file_id text not null,
  settlement_date date,
  bytes bigint not null,
  records integer not null,
  matched integer not null,
  exceptions integer not null,
  resolved integer not null,
  problems text[] not null,
  original_kept boolean not null,
  loaded_at_us bigint not null,
  constraint settlement_file_pkey PRIMARY KEY (file_id),
  constraint settlement_file_sha256_check CHECK ((length(sha256) = 32)),
  constraint settlement_file_state_check CHECK ((state = ANY (ARRAY[1, 2])))
);
CREATE INDEX settlement_file_newest ON public.settlement_file USING btree (loaded_at_us, file_id);
CREATE UNIQUE INDEX settlement_file_once_by_content ON public.settlement_file USING btree (sha256) WHERE (state = 1);
CREATE UNIQUE INDEX settlement_file_once_by_name ON public.settlement_file USING btree (network, scheme_file_id) WHERE ((state = 1) AND (scheme_file_id <> ''::text));

create table settlement_file_net (
  file_id uuid not null,
  currency text not null,
  net_minor bigint not null,
  service text not null default ''::text,
  journal_id uuid,
  bank_file_id uuid,
  bank_entry_number integer,
  constraint settlement_file_net_pkey PRIMARY KEY (file_id, currency, service),
  constraint settlement_file_net_file_id_fkey FOREIGN KEY (file_id) REFERENCES settlement_file(file_id)
);
CREATE INDEX settlement_file_net_by_bank ON public.settlement_file_net USING btree (bank_file_id, bank_entry_number) WHERE (bank_file_id IS NOT NULL);
CREATE INDEX settlement_file_net_unpaid ON public.settlement_file_net USING btree (currency, net_minor) WHERE ((bank_file_id IS NULL) AND (net_minor <> 0));

create table settlement_file_part (
  file_id uuid not null,
  part_number integer not null,
  content bytea not null,
  constraint settlement_file_part_pkey PRIMARY KEY (file_id, part_number),
  constraint settlement_file_part_file_id_fkey FOREIGN KEY (file_id) REFERENCES settlement_file(file_id)
);

create table settlement_position (
  file_id uuid not null,
  position_number integer not null,
  network text not null,
  of_scheme_file_id text not null,
  currency text not null,
  service text not null,
  net_minor bigint not null,
  constraint settlement_position_pkey PRIMARY KEY (file_id, position_number),
  constraint settlement_position_file_id_fkey FOREIGN KEY (file_id) REFERENCES settlement_file(file_id)
);
CREATE INDEX settlement_position_of ON public.settlement_position USING btree (network, of_scheme_file_id);

create table settlement_sweep (
  network text not null,
  swept_until_us bigint not null,
  swept_at_us bigint not null,
  constraint settlement_sweep_pkey PRIMARY KEY (network)
);

create table stray_answer (
  stray_id uuid not null,
  attempt_id text not null,
  network text not null,
  mti text not null,
  response_code text not null,
  authorization_code text not null,
  network_reference text not null,
  link text not null,
  at_us bigint not null,
  stan text not null default ''::text,
  rrn text not null default ''::text,
  transmission_time text not null default ''::text,
  terminal_id text not null default ''::text,
  constraint stray_answer_pkey PRIMARY KEY (stray_id)
);
CREATE INDEX stray_answer_at ON public.stray_answer USING brin (at_us) WITH (pages_per_range='32');
CREATE INDEX stray_answer_newest ON public.stray_answer USING btree (at_us, stray_id);

create table terminal (
  merchant_id uuid not null,
  terminal_id text not null,
  ecommerce boolean not null,
  position smallint not null,
  active boolean not null,
  constraint terminal_pkey PRIMARY KEY (merchant_id, terminal_id),
  constraint terminal_merchant_id_fkey FOREIGN KEY (merchant_id) REFERENCES merchant(merchant_id),
  constraint terminal_terminal_id_check CHECK ((length(terminal_id) = 8))
);

create table totals_comparison (
  comparison_id uuid not null,
  network text not null,
  settlement_date date not null,
  currency text not null,
  check_number integer not null,
  state smallint not null,
  operator text not null,
  stan text not null,
  transmission_time text not null,
  tries integer not null,
  next_try_us bigint,
  ours bigint[] not null,
  theirs bigint[],
  booked_minor bigint not null,
  difference_minor bigint,
  response_code text not null,
  asked_at_us bigint not null,
  answered_at_us bigint,
  constraint totals_comparison_pkey PRIMARY KEY (comparison_id),
  constraint totals_comparison_network_settlement_date_currency_check_nu_key UNIQUE (network, settlement_date, currency, check_number),
  constraint totals_comparison_ours_check CHECK ((cardinality(ours) = 8)),
  constraint totals_comparison_state_check CHECK (((state >= 1) AND (state <= 6))),
  constraint totals_comparison_theirs_check CHECK ((cardinality(theirs) = 8))
) with (fillfactor=80);
CREATE INDEX totals_comparison_due ON public.totals_comparison USING btree (next_try_us) WHERE (next_try_us IS NOT NULL);
CREATE INDEX totals_comparison_newest ON public.totals_comparison USING btree (settlement_date, comparison_id);

create view attempt_state as
 SELECT a.merchant_id,
    a.intent_id,
    a.attempt_id,
    a.kind,
    a.amount_minor,
    a.currency,
    a.network,
    a.stan,
    a.rrn,
    a.transmission_time,
    a.terminal_id,
    a.acceptor_id,
    a.card_id,
    a.original_attempt_id,
    a.entry_mode,
    a.initiated_by,
    a.cash_back_minor,
    a.accept_partial,
    a.final,
    a.instance_id,
    a.version,
    a.created_at_us,
    COALESCE(o.status, (2)::smallint) AS status,
    COALESCE(o.seq, (0)::smallint) AS seq,
    COALESCE(o.reason, (0)::smallint) AS reason,
    o.response_code,
    o.authorization_code,
    o.network_reference,
    o.approved_minor,
    o.settlement_date,
    o.at_us AS concluded_at_us
   FROM (attempt a
     LEFT JOIN LATERAL ( SELECT n.merchant_id,
            n.intent_id,
            n.attempt_id,
            n.seq,
            n.status,
            n.reason,
            n.evidence_kind,
            n.evidence_reference,
            n.response_code,
            n.authorization_code,
            n.network_reference,
            n.approved_minor,
            n.balance_minor,
            n.avs_result,
            n.cvv2_result,
            n.settlement_date,
            n.link,
            n.sent_at_us,
            n.answered_at_us,
            n.version,
            n.at_us
           FROM outcome n
          WHERE ((n.merchant_id = a.merchant_id) AND (n.intent_id = a.intent_id) AND (n.attempt_id = a.attempt_id))
          ORDER BY n.seq DESC
         LIMIT 1) o ON (true));

create view intent_state as
 SELECT i.merchant_id,
    i.intent_id,
    i.currency,
    i.capture_method,
    i.created_at_us,
    COALESCE(v.version, 1) AS version,
    COALESCE(v.status, i.status) AS status,
    COALESCE(v.amount_minor, i.amount_minor) AS amount_minor,
    COALESCE(v.authorized_minor, (0)::bigint) AS authorized_minor,
    COALESCE(v.captured_minor, (0)::bigint) AS captured_minor,
    COALESCE(v.refunded_minor, (0)::bigint) AS refunded_minor,
    COALESCE(v.disputed_minor, (0)::bigint) AS disputed_minor,
        CASE
            WHEN (v.version IS NULL) THEN i.live_attempt_id
            ELSE v.live_attempt_id
        END AS live_attempt_id,
    v.charge_attempt_id,
    COALESCE(v.last_reason, (0)::smallint) AS last_reason,
    COALESCE(v.at_us, i.created_at_us) AS updated_at_us
   FROM (intent i
     LEFT JOIN LATERAL ( SELECT n.merchant_id,
            n.intent_id,
            n.version,
            n.status,
            n.amount_minor,
            n.authorized_minor,
            n.captured_minor,
            n.refunded_minor,
            n.disputed_minor,
            n.live_attempt_id,
            n.charge_attempt_id,
            n.attempt_id,
            n.last_reason,
            n.note,
            n.at_us
           FROM intent_version n
          WHERE ((n.merchant_id = i.merchant_id) AND (n.intent_id = i.intent_id))
          ORDER BY n.version DESC
         LIMIT 1) v ON (true));

create view posting as
 SELECT j.merchant_id,
    j.journal_id,
    j.intent_id,
    j.attempt_id,
    j.template,
    j.network,
    j.currency,
    p.account,
    a.name AS account_name,
    p.amount_minor,
    j.at_us
   FROM ((journal j
     CROSS JOIN LATERAL UNNEST(j.accounts, j.amounts) p(account, amount_minor))
     LEFT JOIN account a ON ((a.code = p.account)));

-- What the role of the application may do.
--   account: select
--   api_key: insert, select
--   api_key_event: insert, select
--   attempt: insert, select
--   attempt_state: select
--   bank_entry: insert, select, update
--   card: insert, select
--   card_range: delete, insert, select
--   card_range_table: delete, insert, select
--   clearing_record: insert, select, update
--   dispute: insert, select, update
--   dispute_event: insert, select
--   expiring: insert, select, update
--   expiry_sweep: insert, select, update
--   forget_keys: execute
--   idempotency: insert, select
--   instance: insert, select, update
--   intent: insert, select
--   intent_state: select
--   intent_version: insert, select
--   journal: insert, select
--   make_partitions: execute
--   merchant: insert, select, update
--   merchant_allowance: insert, select, update
--   outcome: insert, select
--   owed: insert, select, update
--   partition_plan: select
--   payout: insert, select, update
--   payout_mark: insert, select, update
--   posting: select
--   reserve_mark: insert, select, update
--   review_action: insert, select
--   sequence_lease: insert, select, update
--   settlement_action: insert, select
--   settlement_exception: insert, select, update
--   settlement_file: insert, select, update
--   settlement_file_net: insert, select, update
--   settlement_file_part: insert, select
--   settlement_position: insert, select
--   settlement_sweep: insert, select, update
--   stray_answer: insert, select
--   terminal: insert, select, update
--   totals_comparison: insert, select, update
