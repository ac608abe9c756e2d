-- Who has brought a photo: content may come from several people, each of whom may read it and name it.
CREATE TABLE attachment_owner (
    sha256 TEXT NOT NULL,
    account UUID NOT NULL,
    size BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (sha256, account)
);
CREATE INDEX attachment_owner_account ON attachment_owner (account, created_at);
INSERT INTO attachment_owner SELECT sha256, account, size, created_at FROM attachment;

-- Which records name a photo or have named it, and by whose change. A reference lets others read the photo once that account
-- has brought it; under the nil identifier it does so at once: whoever made the change could read the photo already.
CREATE TABLE attachment_reference (
    sha256 TEXT NOT NULL,
    record UUID NOT NULL,
    account UUID NOT NULL,
    PRIMARY KEY (sha256, record, account)
);
-- By patterns: fields may hold characters that PostgreSQL's JSON functions refuse.
INSERT INTO attachment_reference
    SELECT hash[1], s.record, COALESCE(s.account, '00000000-0000-0000-0000-000000000000') FROM (
        SELECT id AS record, author AS account, fields FROM record WHERE kind = 'entry'
        UNION ALL SELECT id, account, fields FROM record WHERE kind = 'entry'
        UNION ALL SELECT record, account, fields FROM revision
        UNION ALL SELECT record, account, kept FROM conflict) s,
        regexp_matches(substring(s.fields FROM '"attachments":\[([0-9a-f", ]*)\]'), '[0-9a-f]{64}', 'g') AS hash
    ON CONFLICT DO NOTHING;
INSERT INTO attachment_reference
    SELECT hash[1], s.record, COALESCE(s.account, '00000000-0000-0000-0000-000000000000') FROM (
        SELECT id AS record, author AS account, fields FROM record WHERE kind = 'pairing'
        UNION ALL SELECT id, account, fields FROM record WHERE kind = 'pairing'
        UNION ALL SELECT v.record, v.account, v.fields FROM record r JOIN revision v ON v.record = r.id WHERE r.kind = 'pairing') s,
        regexp_matches(s.fields, '"agreement":"([0-9a-f]{64})"') AS hash
    ON CONFLICT DO NOTHING;

-- Whether a record names it: what nothing names is removed after a while, and is found without reading the rest.
ALTER TABLE attachment ADD COLUMN named BOOLEAN NOT NULL DEFAULT FALSE;
UPDATE attachment SET named = TRUE WHERE EXISTS (SELECT 1 FROM attachment_reference r WHERE r.sha256 = attachment.sha256);
CREATE INDEX attachment_unnamed ON attachment (created_at) WHERE NOT named;

-- Files that were checked and never written go after a while.
CREATE INDEX import_unwritten ON import (created_at) WHERE stage IN ('checking', 'checked');
