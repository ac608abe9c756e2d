-- Figures lie in the order of their keys alone: one tree to search and to change instead of a table and its index.
CREATE TABLE part_kept (
    grain TEXT NOT NULL,
    place TEXT NOT NULL,
    period TEXT NOT NULL,
    indicator TEXT NOT NULL,
    verified BOOLEAN NOT NULL,
    apart TEXT NOT NULL,
    qualifier TEXT NOT NULL,
    pairing BLOB NOT NULL,
    value BIGINT NOT NULL,
    entries BIGINT NOT NULL,
    change BIGINT NOT NULL,
    PRIMARY KEY (grain, place, period, indicator, verified, apart, qualifier, pairing)
) WITHOUT ROWID;
INSERT INTO part_kept SELECT grain, place, period, indicator, verified, apart, qualifier, pairing, value, entries, change
    FROM part;
DROP TABLE part;
ALTER TABLE part_kept RENAME TO part;
CREATE INDEX part_town ON part (change) WHERE grain = 'town';

CREATE TABLE tally_kept (
    programme TEXT NOT NULL,
    place TEXT NOT NULL,
    pairing BLOB NOT NULL,
    organisation BLOB NOT NULL,
    month TEXT NOT NULL,
    verified BOOLEAN NOT NULL,
    entries BIGINT NOT NULL,
    change BIGINT NOT NULL,
    PRIMARY KEY (programme, place, pairing, organisation, month, verified)
) WITHOUT ROWID;
INSERT INTO tally_kept SELECT programme, place, pairing, organisation, month, verified, entries, change FROM tally;
DROP TABLE tally;
ALTER TABLE tally_kept RENAME TO tally;
CREATE INDEX tally_change ON tally (change);
