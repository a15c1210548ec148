-- Every note has a colour from now on; those that exist, and those of the version before, are grey.
ALTER TABLE notes ADD COLUMN colour text NOT NULL DEFAULT 'gray';
