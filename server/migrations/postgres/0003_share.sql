-- Links that open the shared view without an account. Only a token's hash is stored.
CREATE TABLE share (
    id UUID PRIMARY KEY,
    token_hash BYTEA NOT NULL UNIQUE,
    account UUID NOT NULL REFERENCES account (id),
    -- What the link shows, as the query of an address.
    query TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    -- NULL while it holds.
    withdrawn_at BIGINT
);
CREATE INDEX share_account ON share (account, created_at);
