-- Up Migration

-- Rolling reserve: a share of each capture is kept back from the merchant and given back after days. What is kept back is in the capture's own
-- journal; what is given back is a journal a run, merchant and currency.
alter table merchant
  add column reserve_basis_points integer not null default 0 check (reserve_basis_points between 0 and 10000),
  add column reserve_days integer not null default 0 check (reserve_days between 0 and 730);

insert into account (code, name, about) values
  (12, 'rolling_reserve', 'Kept back from a merchant''s captures for the days of its fee plan');

-- Up to when a merchant's reserve was given back: holds that are older are not in rolling_reserve any more. A row for each merchant whose
-- plan ever had a reserve; its lock is the right to give back.
create table reserve_mark (
  merchant_id uuid primary key,
  released_until_us bigint not null
) with (fillfactor = 50);

-- What a merchant's captures kept back in a span of time. Partial: other journals have no place in it.
create index journal_reserve on journal (merchant_id, at_us) where accounts @> '{12}'::smallint[];

-- A payout's statement shows what was kept back (less than zero) and given back.
alter table payout_mark add column reserved_minor bigint not null default 0;
alter table payout add column reserved_minor bigint not null default 0;
alter table payout drop constraint payout_check;
alter table payout add constraint payout_check
  check (net_minor = captured_minor + refunded_minor + fees_minor + disputed_minor + adjusted_minor + reserved_minor);

do $$
begin
  if exists (select from pg_roles where rolname = 'card_edge_app') then
    grant select, insert, update on reserve_mark to card_edge_app;
  end if;
end $$;
