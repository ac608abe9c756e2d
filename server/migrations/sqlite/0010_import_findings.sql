-- JSON: how a spreadsheet was read (sheet, heading, units), what is left out, and what its rows will write.
ALTER TABLE import ADD COLUMN findings TEXT NOT NULL DEFAULT '{}';
-- Which fields the columns of a table were when a person last said: of that person alone. What one person says must not decide
-- how another's table is read, so the common ones go.
DROP TABLE import_mapping;
CREATE TABLE import_columns (
    account BLOB NOT NULL REFERENCES account (id),
    activity TEXT NOT NULL,
    -- SHA-256 of the heading.
    heading TEXT NOT NULL,
    -- JSON: the path of the field that each column is, or null.
    fields TEXT NOT NULL,
    said_at BIGINT NOT NULL,
    PRIMARY KEY (account, activity, heading)
);
