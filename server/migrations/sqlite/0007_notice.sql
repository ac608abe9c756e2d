-- The key by which push services know this installation (RFC 8292): its private half, of which there is one.
CREATE TABLE push_key (
    id BIGINT PRIMARY KEY CHECK (id = 1),
    secret BLOB NOT NULL
);
-- Browsers that want to be woken when something of their person's comes back.
CREATE TABLE push_subscription (
    -- The address that the browser's push service has given it.
    endpoint TEXT PRIMARY KEY,
    account BLOB NOT NULL REFERENCES account (id),
    created_at BIGINT NOT NULL
);
CREATE INDEX push_subscription_account ON push_subscription (account);
