-- Organisations, pairings and ledger items are few among the entries: they are found without reading those.
CREATE INDEX record_other ON record (kind, created) WHERE kind <> 'entry';
