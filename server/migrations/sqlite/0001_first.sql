-- The number of the last change. Every writing transaction raises it first and so waits for the one before: numbers
-- become visible in their order, and a reader that follows them never skips one.
CREATE TABLE feed (id BIGINT PRIMARY KEY CHECK (id = 1), change BIGINT NOT NULL);
INSERT INTO feed (id, change) VALUES (1, 0);

CREATE TABLE account (
    id BLOB PRIMARY KEY,
    username TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    role TEXT NOT NULL,
    places TEXT NOT NULL,
    programmes TEXT NOT NULL,
    password_hash TEXT NOT NULL,
    disabled BOOLEAN NOT NULL DEFAULT FALSE,
    created_at BIGINT NOT NULL
);
CREATE TABLE session (
    token_hash BLOB PRIMARY KEY,
    account BLOB NOT NULL REFERENCES account (id),
    device_name TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);

CREATE TABLE catalogue (version BIGINT PRIMARY KEY, body TEXT NOT NULL);
CREATE TABLE place (
    code TEXT PRIMARY KEY,
    parent TEXT NOT NULL,
    level TEXT NOT NULL,
    name TEXT NOT NULL,
    side TEXT NOT NULL
);

-- Entries, organisations and pairings as they stand. The columns after `created` repeat fields, to find entries by
-- them; the other kinds leave them empty.
CREATE TABLE record (
    id BLOB PRIMARY KEY,
    kind TEXT NOT NULL,
    rev BIGINT NOT NULL,
    fields TEXT NOT NULL,
    deleted BOOLEAN NOT NULL,
    change BIGINT NOT NULL UNIQUE,
    created BIGINT NOT NULL UNIQUE,
    author BLOB,
    activity TEXT NOT NULL,
    programme TEXT NOT NULL,
    place TEXT NOT NULL,
    month TEXT NOT NULL,
    state TEXT NOT NULL,
    -- Scopes (place and programme) in which it stood before: who saw it there is told that it is gone.
    former TEXT NOT NULL DEFAULT '[]'
);
CREATE INDEX record_cell ON record (place, month);
CREATE INDEX record_kind ON record (kind, created);

-- Every state that a record has had.
CREATE TABLE revision (
    record BLOB NOT NULL REFERENCES record (id),
    rev BIGINT NOT NULL,
    fields TEXT NOT NULL,
    deleted BOOLEAN NOT NULL,
    changed TEXT NOT NULL,
    account BLOB,
    client BLOB,
    seq BIGINT,
    at BIGINT NOT NULL,
    PRIMARY KEY (record, rev)
);

-- What became of each mutation: a second push of it finds its answer here and changes nothing.
CREATE TABLE mutation (
    account BLOB NOT NULL,
    client BLOB NOT NULL,
    seq BIGINT NOT NULL,
    digest BLOB NOT NULL,
    result TEXT NOT NULL,
    at BIGINT NOT NULL,
    PRIMARY KEY (account, client, seq)
);

-- Values that were not taken because others had changed the same fields.
CREATE TABLE conflict (
    record BLOB NOT NULL REFERENCES record (id),
    account BLOB NOT NULL,
    client BLOB NOT NULL,
    seq BIGINT NOT NULL,
    kept TEXT NOT NULL,
    at BIGINT NOT NULL,
    PRIMARY KEY (account, client, seq)
);

-- A cache of what core's aggregation makes of the entries, in cells of a place and a month.
CREATE TABLE rollup (
    key TEXT PRIMARY KEY,
    place TEXT NOT NULL,
    month TEXT NOT NULL,
    kind TEXT NOT NULL,
    body TEXT NOT NULL
);
CREATE INDEX rollup_cell ON rollup (place, month);

CREATE TABLE attachment (
    sha256 TEXT PRIMARY KEY,
    size BIGINT NOT NULL,
    content_type TEXT NOT NULL,
    account BLOB NOT NULL,
    created_at BIGINT NOT NULL
);
