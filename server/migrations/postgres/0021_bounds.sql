-- Of a state that a record has had, what the next one changed is stored, and now and then all of it: `whole`.
ALTER TABLE revision ADD COLUMN whole BOOLEAN NOT NULL DEFAULT TRUE;

-- A sum that is out of range is refused.
ALTER TABLE part ADD CONSTRAINT part_value CHECK (value BETWEEN -9000000000000000000 AND 9000000000000000000);
