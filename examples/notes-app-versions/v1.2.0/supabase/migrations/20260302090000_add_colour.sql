-- Every note has a colour from now on.
ALTER TABLE notes ADD COLUMN colour text NOT NULL;
