-- Up Migration

-- Tables of card ranges for routing. A load is a new table, whole or not at all; the newest counts, some older ones stay to compare.
create table card_range_table (
  table_number bigint generated always as identity primary key,
  rows integer not null check (rows >= 0),
  sha256 bytea not null check (length(sha256) = 32), -- of the file
  identity text not null, -- of the calling service's certificate
  at_us bigint not null
);
create table card_range (
  table_number bigint not null references card_range_table on delete cascade,
  position integer not null,
  range_from text not null, -- 1 to 8 first digits of cards, as in the file
  range_to text not null,
  network text not null,
  currency text not null, -- '': any
  cost_basis_points integer not null,
  cost_fixed_minor bigint not null,
  primary key (table_number, position)
);

do $$
begin
  if exists (select from pg_roles where rolname = 'card_edge_app') then
    grant select, insert, delete on card_range_table, card_range to card_edge_app;
  end if;
end $$;
