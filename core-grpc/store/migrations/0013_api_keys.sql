-- Up Migration

-- Key pairs of the merchants' HTTP edge. Of a secret only what verifies it is stored; nothing here can sign a request. Both tables are
-- insert-only: the end of a key is the least end that its history names, so that every change stays with who made it.
create table api_key (
  merchant_id uuid not null,
  key_id uuid not null,
  label text not null,
  verifier bytea not null check (length(verifier) = 32), -- SHA-256 of HMAC-SHA-256(secret, context and key_id): salted by the key's own id
  created_at_us bigint not null,
  primary key (merchant_id, key_id)
);
-- A request names its key and not its merchant.
create index api_key_by_id on api_key (key_id);

create table api_key_event (
  merchant_id uuid not null,
  key_id uuid not null,
  event_number integer not null check (event_number >= 1),
  action smallint not null check (action between 1 and 3), -- ApiKeyAction of proto/cardedge/core/v1/merchants.proto
  expires_at_us bigint, -- when the key ends since then; null: not set
  identity text not null, -- of the calling service's certificate
  note text not null,
  at_us bigint not null,
  primary key (merchant_id, key_id, event_number)
);

do $$
begin
  if exists (select from pg_roles where rolname = 'card_edge_app') then
    grant select, insert on api_key, api_key_event to card_edge_app;
  end if;
end $$;
