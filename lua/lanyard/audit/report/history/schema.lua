-- The form of a history: what its tables are, and which form a file has.
--
-- A run is an audit that was kept. A grant (one that lets at least one pull action through) and a finding is a
-- row from the run that saw it first to the last that did, and to the run that looked and did not see it any
-- more. What does not change is written once, and only the number of its last run is written again. The views
-- `grants` and `findings` join it all in words, for who opens the file with sqlite3.

local M = {}

-- Another one when a lanyard of today would misread the file.
M.VERSION = 1

-- "Lany", by which SQLite's files tell whose they are.
M.APPLICATION = 0x4c616e79

M.TABLES = [[
CREATE TABLE runs (
  id INTEGER PRIMARY KEY, time TEXT NOT NULL, tool TEXT NOT NULL, part TEXT,
  scopes INTEGER NOT NULL, failed INTEGER NOT NULL, repositories INTEGER NOT NULL, grants INTEGER NOT NULL,
  critical INTEGER NOT NULL, high INTEGER NOT NULL, medium INTEGER NOT NULL, low INTEGER NOT NULL,
  info INTEGER NOT NULL);
-- An account and Region as a whole has no repository: ''.
CREATE TABLE places (
  id INTEGER PRIMARY KEY, account TEXT NOT NULL, region TEXT NOT NULL, repository TEXT NOT NULL,
  first_run INTEGER NOT NULL REFERENCES runs, UNIQUE (account, region, repository));
CREATE TABLE principals (
  id INTEGER PRIMARY KEY, type TEXT NOT NULL, principal TEXT NOT NULL, kind TEXT, service TEXT,
  UNIQUE (type, principal));
CREATE TABLE grant_spans (
  id INTEGER PRIMARY KEY, place INTEGER NOT NULL REFERENCES places,
  principal INTEGER NOT NULL REFERENCES principals, decision TEXT NOT NULL, statement TEXT,
  first_run INTEGER NOT NULL REFERENCES runs, last_run INTEGER NOT NULL REFERENCES runs,
  gone_run INTEGER REFERENCES runs);
CREATE INDEX grant_spans_there ON grant_spans (place) WHERE gone_run IS NULL;
CREATE TABLE finding_spans (
  id INTEGER PRIMARY KEY, place INTEGER NOT NULL REFERENCES places, key TEXT NOT NULL,
  finding TEXT NOT NULL, severity TEXT NOT NULL, message TEXT NOT NULL,
  service TEXT, principal TEXT, statement TEXT,
  first_run INTEGER NOT NULL REFERENCES runs, last_run INTEGER NOT NULL REFERENCES runs,
  gone_run INTEGER REFERENCES runs);
CREATE INDEX finding_spans_there ON finding_spans (place) WHERE gone_run IS NULL;
]]

-- at_first: it was there at the first look at the account and Region, and may be older.
local VIEW = [[
CREATE VIEW %s AS SELECT place.account, place.region, place.repository, %s,
  span.first_run = whole.first_run AS at_first,
  came.time AS came, last.time AS last_seen, gone.time AS gone
FROM %s AS span
  JOIN places AS place ON place.id = span.place
  JOIN places AS whole ON whole.account = place.account AND whole.region = place.region AND whole.repository = ''
  JOIN runs AS came ON came.id = span.first_run
  JOIN runs AS last ON last.id = span.last_run
  LEFT JOIN runs AS gone ON gone.id = span.gone_run%s;
]]

M.VIEWS = VIEW:format("grants",
  "who.type, who.principal, who.kind, who.service, span.decision, span.statement", "grant_spans",
  "\n  JOIN principals AS who ON who.id = span.principal")
  .. VIEW:format("findings",
    "span.finding AS id, span.severity, span.message, span.service, span.principal, span.statement, span.key",
    "finding_spans", "")

-- The last run that looked at an account and Region. Files of before have no such table: what their last run looked
-- at is not known, and may have been all of them.
M.LOOKS = [[
CREATE TABLE IF NOT EXISTS looks (
  place INTEGER PRIMARY KEY REFERENCES places, last_run INTEGER NOT NULL REFERENCES runs);
INSERT OR IGNORE INTO looks SELECT id, (SELECT max(id) FROM runs) FROM places WHERE repository = '';
]]

-- All that makes an empty database a history.
M.CREATE = ("%s%sPRAGMA application_id = %d;\nPRAGMA user_version = %d;\n")
  :format(M.TABLES, M.VIEWS, M.APPLICATION, M.VERSION)

return M
