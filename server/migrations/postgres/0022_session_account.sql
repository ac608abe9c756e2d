-- A change of an account ends all its sessions: they are found without reading every session.
CREATE INDEX session_account ON session (account);
