-- How often catalogue, directory or closed months have changed: whoever writes sees it before they check anything.
ALTER TABLE feed ADD COLUMN reference BIGINT NOT NULL DEFAULT 0;
-- Months in which only a coordinator changes anything.
CREATE TABLE closed_month (
    -- YYYY-MM.
    month TEXT PRIMARY KEY,
    account BLOB NOT NULL REFERENCES account (id),
    at BIGINT NOT NULL
);
