-- The audit trail: who did what, when and from where. Each row has a hash over the previous row's hash and its own content.
CREATE TABLE audit (
    number BIGINT PRIMARY KEY,
    -- The server's clock, in milliseconds since 1970.
    at BIGINT NOT NULL,
    -- Account of the actor, and its name at the time. Without an account: nobody signed in, or the command line.
    account UUID,
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
    hash BYTEA NOT NULL
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
);
CREATE INDEX audit_object_number ON audit_object (number);

-- The last row of the chain, and the last removed one, from which the chain starts.
CREATE TABLE audit_head (
    id BIGINT PRIMARY KEY CHECK (id = 1),
    number BIGINT NOT NULL,
    hash BYTEA NOT NULL,
    anchor BIGINT NOT NULL,
    anchor_hash BYTEA NOT NULL
);
INSERT INTO audit_head VALUES (1, 0, decode(repeat('00', 32), 'hex'), 0, decode(repeat('00', 32), 'hex'));

-- Rows are never changed, and only those up to the anchor are removed.
CREATE FUNCTION audit_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the audit trail is append-only';
END $$;
CREATE FUNCTION audit_remove_old() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.number > (SELECT anchor FROM audit_head WHERE id = 1) THEN
        RAISE EXCEPTION 'the audit trail is append-only';
    END IF;
    RETURN OLD;
END $$;
CREATE TRIGGER audit_keeps_rows BEFORE UPDATE ON audit FOR EACH ROW EXECUTE FUNCTION audit_refuse();
CREATE TRIGGER audit_removes_old_rows_only BEFORE DELETE ON audit FOR EACH ROW EXECUTE FUNCTION audit_remove_old();
CREATE TRIGGER audit_keeps_table BEFORE TRUNCATE ON audit FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse();
CREATE TRIGGER audit_head_stays BEFORE DELETE ON audit_head FOR EACH ROW EXECUTE FUNCTION audit_refuse();
