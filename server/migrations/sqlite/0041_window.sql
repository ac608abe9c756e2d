-- Day of an entry (YYYY-MM-DD), the last day of a ledger item's year, or '-': phones hold the newest records of their
-- scope. The program fills the column for existing rows when it opens the database; rows without a day are still to do.
ALTER TABLE record ADD COLUMN day TEXT NOT NULL DEFAULT '';
CREATE INDEX record_undated ON record (change) WHERE day = '';

-- Newest records of a place, the entries among them that wait for review or were returned, and the entries of an author.
DROP INDEX record_place;
CREATE INDEX record_place ON record (place, day, programme) WHERE NOT deleted;
CREATE INDEX record_review ON record (place, day, programme, state)
    WHERE kind = 'entry' AND NOT deleted AND state <> 'verified';
CREATE INDEX record_author ON record (author, day) WHERE author IS NOT NULL;

-- Changes within sight of a scope, without reading the others: by place (SQLite's indexes end with the change number),
-- and the few records that everybody sees or that have moved.
CREATE INDEX record_place_change ON record (place);
CREATE INDEX record_moved ON record (change) WHERE former <> '[]' OR (kind <> 'entry' AND kind <> 'need');

-- Conflicts that wait for an account.
CREATE INDEX conflict_account ON conflict (account) WHERE settled_at IS NULL;
