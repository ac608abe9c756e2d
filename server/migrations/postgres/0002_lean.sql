-- What was written thrice is written once. A record carries its last change itself, `revision` only the states before;
-- the answers to a push lie in one row; figures are kept as parts that add up, so that they follow a change by addition.
CREATE TABLE record_now (
    -- The number of its last change: the feed is this table in its own order.
    change BIGINT PRIMARY KEY,
    id UUID NOT NULL UNIQUE,
    kind TEXT NOT NULL,
    rev BIGINT NOT NULL,
    fields TEXT NOT NULL,
    deleted BOOLEAN NOT NULL,
    -- The number of the change that made it, and by whom.
    created BIGINT NOT NULL,
    author UUID,
    -- These repeat fields, to find entries by them; the other kinds leave them empty.
    activity TEXT NOT NULL,
    programme TEXT NOT NULL,
    -- Searched by ranges of codes, which sort by their bytes whatever the language of the database.
    place TEXT COLLATE "C" NOT NULL,
    month TEXT COLLATE "C" NOT NULL,
    state TEXT NOT NULL,
    -- Scopes (place and programme) in which it stood before: who saw it there is told that it is gone.
    former TEXT NOT NULL,
    -- Its last change: which fields, by whom, with which copy of the app, by which mutation, when.
    changed TEXT NOT NULL,
    account UUID,
    client UUID,
    seq BIGINT,
    at BIGINT NOT NULL
);
INSERT INTO record_now SELECT r.change, r.id, r.kind, r.rev, r.fields, r.deleted, r.created, r.author, r.activity, r.programme,
        r.place, r.month, r.state, r.former, COALESCE(v.changed, '[]'), v.account, v.client, v.seq, COALESCE(v.at, 0)
    FROM record r LEFT JOIN revision v ON v.record = r.id AND v.rev = r.rev ORDER BY r.change;

CREATE TABLE revision_before (
    record UUID NOT NULL,
    rev BIGINT NOT NULL,
    fields TEXT NOT NULL,
    deleted BOOLEAN NOT NULL,
    changed TEXT NOT NULL,
    account UUID,
    client UUID,
    seq BIGINT,
    at BIGINT NOT NULL,
    PRIMARY KEY (record, rev)
);
INSERT INTO revision_before SELECT v.record, v.rev, v.fields, v.deleted, v.changed, v.account, v.client, v.seq, v.at
    FROM revision v JOIN record r ON r.id = v.record WHERE v.rev < r.rev;

CREATE TABLE conflict_kept (
    record UUID NOT NULL,
    account UUID NOT NULL,
    client UUID NOT NULL,
    seq BIGINT NOT NULL,
    kept TEXT NOT NULL,
    at BIGINT NOT NULL,
    -- When a person chose between the values; NULL while nobody has.
    settled_at BIGINT,
    settled_by UUID,
    PRIMARY KEY (account, client, seq)
);
INSERT INTO conflict_kept SELECT record, account, client, seq, kept, at, NULL, NULL FROM conflict;

-- What the mutations of a push were answered: a second push of one finds its answer here and changes nothing.
CREATE TABLE answer (
    account UUID NOT NULL,
    client UUID NOT NULL,
    -- The largest and the smallest number among them.
    last_seq BIGINT NOT NULL,
    first_seq BIGINT NOT NULL,
    -- 16 bytes for each, and the results as JSON, in the same order.
    digests BYTEA NOT NULL,
    results TEXT NOT NULL,
    at BIGINT NOT NULL,
    PRIMARY KEY (account, client, last_seq)
);
INSERT INTO answer SELECT account, client, seq, seq, SUBSTR(digest, 1, 16), '[' || result || ']', at FROM mutation;

DROP TABLE conflict;
DROP TABLE revision;
DROP TABLE record;
DROP TABLE mutation;
DROP TABLE rollup;
ALTER TABLE record_now RENAME TO record;
ALTER TABLE revision_before RENAME TO revision;
ALTER TABLE conflict_kept RENAME TO conflict;
CREATE INDEX record_created ON record (created);
CREATE INDEX record_place ON record (place, month);
CREATE INDEX conflict_record ON conflict (record);

-- A cache of what core's aggregation makes of the entries, each row the sum of like parts. Grains: `town` by the township of
-- the entry, month and pairing (what phones hold), `year` by every place from the township up for which it
-- counts; `last` the same for indicators of which the last entry alone counts, a row each.
CREATE TABLE part (
    grain TEXT NOT NULL,
    place TEXT NOT NULL,
    period TEXT NOT NULL,
    indicator TEXT NOT NULL,
    verified BOOLEAN NOT NULL,
    apart TEXT COLLATE "C" NOT NULL,
    qualifier TEXT NOT NULL,
    -- The nil identifier where there is none.
    pairing UUID NOT NULL,
    -- In ten-thousandths of the unit.
    value BIGINT NOT NULL,
    -- 0 once all have been taken away again.
    entries BIGINT NOT NULL,
    -- The number of its last change.
    change BIGINT NOT NULL,
    PRIMARY KEY (grain, place, period, indicator, verified, apart, qualifier, pairing)
);
CREATE INDEX part_town ON part (change) WHERE grain = 'town';

-- How many entries there are, of what, by township.
CREATE TABLE tally (
    programme TEXT NOT NULL,
    place TEXT NOT NULL,
    pairing UUID NOT NULL,
    organisation UUID NOT NULL,
    month TEXT NOT NULL,
    verified BOOLEAN NOT NULL,
    entries BIGINT NOT NULL,
    change BIGINT NOT NULL,
    PRIMARY KEY (programme, place, pairing, organisation, month, verified)
);
CREATE INDEX tally_change ON tally (change);

-- Which way of keeping figures the two tables are filled by: another number has them counted anew.
CREATE TABLE figures (id BIGINT PRIMARY KEY CHECK (id = 1), version BIGINT NOT NULL);
INSERT INTO figures (id, version) VALUES (1, 0);

-- Changes when the database is put back from a copy: cursors of another life of it start anew.
ALTER TABLE feed ADD COLUMN epoch BIGINT NOT NULL DEFAULT 0;
