-- The last run that read an account and Region. Files of earlier versions lack this table: their last run may have
-- read any of them.
CREATE TABLE IF NOT EXISTS looks (
  place INTEGER PRIMARY KEY REFERENCES places, last_run INTEGER NOT NULL REFERENCES runs);
INSERT OR IGNORE INTO looks SELECT id, (SELECT max(id) FROM runs) FROM places WHERE repository = '';
