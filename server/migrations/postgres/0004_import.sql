-- Spreadsheets that somebody brings in. The file lies beside the photos until its entries are written.
CREATE TABLE import (
    id UUID PRIMARY KEY,
    account UUID NOT NULL REFERENCES account (id),
    activity TEXT NOT NULL,
    name TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    -- checking, checked, writing, done, undone, cancelled, unreadable, empty, too_many.
    stage TEXT NOT NULL,
    -- JSON: the table's heading, and the path of the field that each column is, or null.
    heading TEXT NOT NULL,
    fields TEXT NOT NULL,
    rows_all BIGINT NOT NULL,
    rows_wrong BIGINT NOT NULL,
    wrong BIGINT NOT NULL,
    -- JSON: the first mistakes, and the numbers of the rows that are likely recorded already.
    mistakes TEXT NOT NULL,
    likely TEXT NOT NULL,
    created_at BIGINT NOT NULL
);
CREATE INDEX import_account ON import (account, created_at);
CREATE INDEX import_file ON import (sha256);
-- Which fields the columns of such a heading were when somebody last said.
CREATE TABLE import_mapping (
    activity TEXT NOT NULL,
    heading TEXT NOT NULL,
    fields TEXT NOT NULL,
    PRIMARY KEY (activity, heading)
);
