-- Figures by scope and month (core::figures::pack), of a size that does not depend on the number of entries. Each row has
-- the number of its last change, so that a phone fetches changed rows only; a row without entries is a removal.
CREATE TABLE figure_sum (
    year BIGINT NOT NULL,
    piece TEXT NOT NULL,
    scope TEXT NOT NULL,
    indicator TEXT NOT NULL,
    verified BOOLEAN NOT NULL,
    -- 1 to 12; 1 in a scope whose figures are of the whole year.
    month BIGINT NOT NULL,
    qualifier TEXT NOT NULL,
    -- In ten-thousandths of the unit, without the values that a discriminator separates.
    value BIGINT NOT NULL CHECK (value BETWEEN -9000000000000000000 AND 9000000000000000000),
    entries BIGINT NOT NULL,
    change BIGINT NOT NULL,
    PRIMARY KEY (year, piece, scope, indicator, verified, month, qualifier)
) WITHOUT ROWID;
CREATE INDEX figure_sum_change ON figure_sum (year, change);

-- Last entry of a month, for indicators with the latest value.
CREATE TABLE figure_latest (
    year BIGINT NOT NULL,
    piece TEXT NOT NULL,
    scope TEXT NOT NULL,
    indicator TEXT NOT NULL,
    verified BOOLEAN NOT NULL,
    month BIGINT NOT NULL,
    -- Date and identifier of the entry; the date is empty where no entry is left.
    day TEXT NOT NULL,
    entry BLOB NOT NULL,
    value BIGINT NOT NULL,
    qualifier TEXT NOT NULL,
    change BIGINT NOT NULL,
    PRIMARY KEY (year, piece, scope, indicator, verified, month)
) WITHOUT ROWID;
CREATE INDEX figure_latest_change ON figure_latest (year, change);

-- Largest numbers of the subjects of distinct indicators by month.
CREATE TABLE figure_subject (
    year BIGINT NOT NULL,
    indicator TEXT NOT NULL,
    subject TEXT NOT NULL,
    scope TEXT NOT NULL,
    maxima BLOB NOT NULL,
    change BIGINT NOT NULL,
    PRIMARY KEY (year, indicator, subject, scope)
) WITHOUT ROWID;
CREATE INDEX figure_subject_change ON figure_subject (year, change);
CREATE INDEX figure_subject_scope ON figure_subject (scope, year);

-- Sums of the largest numbers for every range of months.
CREATE TABLE figure_range (
    year BIGINT NOT NULL,
    piece TEXT NOT NULL,
    scope TEXT NOT NULL,
    indicator TEXT NOT NULL,
    sums BLOB NOT NULL,
    change BIGINT NOT NULL,
    PRIMARY KEY (year, piece, scope, indicator)
) WITHOUT ROWID;
CREATE INDEX figure_range_change ON figure_range (year, change);

-- Entry counts of the map: of pairings, and of organisations by the places whose map shows them.
CREATE TABLE map_count (
    year BIGINT NOT NULL,
    -- Empty for the whole region and for pairings.
    place TEXT NOT NULL,
    organisation BLOB NOT NULL,
    pairing BLOB NOT NULL,
    programme TEXT NOT NULL,
    month TEXT NOT NULL,
    verified BOOLEAN NOT NULL,
    entries BIGINT NOT NULL,
    change BIGINT NOT NULL,
    PRIMARY KEY (year, place, organisation, pairing, programme, month, verified)
) WITHOUT ROWID;
CREATE INDEX map_count_change ON map_count (year, change);

-- Contributions with a discriminator, to find the ones that take the place of one that is removed.
CREATE INDEX part_apart ON part (indicator, apart, period) WHERE grain = 'town' AND apart <> '';
-- Contributions and entry counts of a pairing or an organisation that a change of the directory moves.
CREATE INDEX part_pairing ON part (pairing, period);
CREATE INDEX tally_pairing ON tally (pairing);
CREATE INDEX tally_organisation ON tally (organisation);

-- Number of the last change up to which figures of another format have been recomputed; NULL where they are current.
ALTER TABLE figures ADD COLUMN recomputed_to BIGINT;
