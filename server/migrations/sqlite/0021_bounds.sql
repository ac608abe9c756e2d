-- Of a state that a record has had, what the next one changed is stored, and now and then all of it: `whole`.
ALTER TABLE revision ADD COLUMN whole BOOLEAN NOT NULL DEFAULT TRUE;

-- A sum that is out of range is refused. SQLite would make a float of it.
CREATE TABLE part_bounded (
    grain TEXT NOT NULL,
    place TEXT NOT NULL,
    period TEXT NOT NULL,
    indicator TEXT NOT NULL,
    verified BOOLEAN NOT NULL,
    apart TEXT NOT NULL,
    qualifier TEXT NOT NULL,
    pairing BLOB NOT NULL,
    value BIGINT NOT NULL CHECK (value BETWEEN -9000000000000000000 AND 9000000000000000000),
    entries BIGINT NOT NULL,
    change BIGINT NOT NULL,
    PRIMARY KEY (grain, place, period, indicator, verified, apart, qualifier, pairing)
) WITHOUT ROWID;
INSERT INTO part_bounded SELECT grain, place, period, indicator, verified, apart, qualifier, pairing, value, entries,
        change FROM part;
DROP TABLE part;
ALTER TABLE part_bounded RENAME TO part;
CREATE INDEX part_town ON part (change) WHERE grain = 'town';
