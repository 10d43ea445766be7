-- Up Migration

-- Interchange that a line settles beside its amount (IPM PDS0146, BASE II TCR 5), in the line's currency, to the acquirer positive.
alter table clearing_record add column interchange_minor bigint not null default 0;
