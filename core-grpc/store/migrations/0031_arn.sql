-- Up Migration

-- Lines that cleared an attempt and have no name of it but the acquirer reference number: a later line about the payment is found by that. Partial,
-- because what has a name is found by it: files that name their payments pay nothing for this index.
create index clearing_record_by_arn on clearing_record (arn) include (merchant_id, intent_id, attempt_id)
  where arn <> '' and rrn = '' and network_reference = '' and attempt_id is not null;
