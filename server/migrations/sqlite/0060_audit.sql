-- The audit trail: who did what, when and from where. Each row has a hash over the previous row's hash and its own content.
CREATE TABLE audit (
    number INTEGER PRIMARY KEY,
    -- The server's clock, in milliseconds since 1970.
    at BIGINT NOT NULL,
    -- Account of the actor, and its name at the time. Without an account: nobody signed in, or the command line.
    account BLOB,
    name TEXT NOT NULL,
    -- Address of the client, or `command line`.
    origin TEXT NOT NULL,
    action TEXT NOT NULL,
    object_kind TEXT NOT NULL,
    object TEXT NOT NULL,
    object_name TEXT NOT NULL,
    -- Changed fields as JSON.
    old_values TEXT NOT NULL,
    new_values TEXT NOT NULL,
    -- SHA-256.
    hash BLOB NOT NULL
);
CREATE INDEX audit_at ON audit (at, number);
CREATE INDEX audit_account ON audit (account, at, number);
CREATE INDEX audit_action ON audit (action, at, number);
CREATE INDEX audit_account_action ON audit (account, action, at, number);

-- The objects of each row, as `kind/identifier`: a decision may concern many entries.
CREATE TABLE audit_object (
    object TEXT NOT NULL,
    at BIGINT NOT NULL,
    number BIGINT NOT NULL,
    PRIMARY KEY (object, at, number)
) WITHOUT ROWID;
CREATE INDEX audit_object_number ON audit_object (number);

-- The last row of the chain, and the last removed one, from which the chain starts.
CREATE TABLE audit_head (
    id BIGINT PRIMARY KEY CHECK (id = 1),
    number BIGINT NOT NULL,
    hash BLOB NOT NULL,
    anchor BIGINT NOT NULL,
    anchor_hash BLOB NOT NULL
);
INSERT INTO audit_head VALUES (1, 0, zeroblob(32), 0, zeroblob(32));

-- Rows are never changed, and only those up to the anchor are removed.
CREATE TRIGGER audit_keeps_rows BEFORE UPDATE ON audit
BEGIN
    SELECT RAISE(ABORT, 'the audit trail is append-only');
END;
CREATE TRIGGER audit_removes_old_rows_only BEFORE DELETE ON audit
WHEN OLD.number > (SELECT anchor FROM audit_head WHERE id = 1)
BEGIN
    SELECT RAISE(ABORT, 'the audit trail is append-only');
END;
CREATE TRIGGER audit_head_stays BEFORE DELETE ON audit_head
BEGIN
    SELECT RAISE(ABORT, 'the audit trail is append-only');
END;
