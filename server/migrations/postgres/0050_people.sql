-- Last contact of a session, to the hour.
ALTER TABLE session ADD COLUMN seen_at BIGINT NOT NULL DEFAULT 0;
UPDATE session SET seen_at = created_at;

-- One-time codes that set a password, at most one for an account. Only the code's hash is stored.
CREATE TABLE sign_in_code (
    account UUID PRIMARY KEY REFERENCES account (id),
    -- Argon2id in PHC form.
    code_hash TEXT NOT NULL,
    -- The account that issued it.
    issued_by UUID NOT NULL,
    issued_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);
