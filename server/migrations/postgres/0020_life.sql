-- The lives that the database has had: one more after each restore from a backup, numbered by its first millisecond. What
-- a phone has seen is told apart by them, since a restore gives the numbers of revisions that it takes back to others.
CREATE TABLE life (epoch BIGINT PRIMARY KEY);
INSERT INTO life (epoch) SELECT epoch FROM feed WHERE epoch > 0;
