-- Links that open the shared view without an account. Only a token's hash is stored.
CREATE TABLE share (
    id BLOB PRIMARY KEY,
    token_hash BLOB NOT NULL UNIQUE,
    account BLOB NOT NULL REFERENCES account (id),
    -- What the link shows, as the query of an address.
    query TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    -- NULL while it holds.
    withdrawn_at BIGINT
);
CREATE INDEX share_account ON share (account, created_at);
