-- The tables of a history database, and two views for people who open the file with sqlite3.
--
-- A run is one stored audit. A row of grant_spans or finding_spans lasts from the first run that saw it to the
-- last; gone_run is the first later run that read the same account and Region without it. A later run that sees the
-- same grant or finding only updates last_run. A grant is a principal with at least one allowed pull action.

CREATE TABLE runs (
  id INTEGER PRIMARY KEY, time TEXT NOT NULL, tool TEXT NOT NULL, part TEXT,
  scopes INTEGER NOT NULL, failed INTEGER NOT NULL, repositories INTEGER NOT NULL, grants INTEGER NOT NULL,
  critical INTEGER NOT NULL, high INTEGER NOT NULL, medium INTEGER NOT NULL, low INTEGER NOT NULL,
  info INTEGER NOT NULL);
-- The row of a whole account and Region has the repository ''.
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

-- at_first is 1 if the first run that read the account and Region saw the row: it may be older than that run.
CREATE VIEW grants AS SELECT place.account, place.region, place.repository,
  who.type, who.principal, who.kind, who.service, span.decision, span.statement,
  span.first_run = whole.first_run AS at_first,
  came.time AS came, last.time AS last_seen, gone.time AS gone
FROM grant_spans AS span
  JOIN places AS place ON place.id = span.place
  JOIN places AS whole ON whole.account = place.account AND whole.region = place.region AND whole.repository = ''
  JOIN runs AS came ON came.id = span.first_run
  JOIN runs AS last ON last.id = span.last_run
  LEFT JOIN runs AS gone ON gone.id = span.gone_run
  JOIN principals AS who ON who.id = span.principal;
CREATE VIEW findings AS SELECT place.account, place.region, place.repository,
  span.finding AS id, span.severity, span.message, span.service, span.principal, span.statement, span.key,
  span.first_run = whole.first_run AS at_first,
  came.time AS came, last.time AS last_seen, gone.time AS gone
FROM finding_spans AS span
  JOIN places AS place ON place.id = span.place
  JOIN places AS whole ON whole.account = place.account AND whole.region = place.region AND whole.repository = ''
  JOIN runs AS came ON came.id = span.first_run
  JOIN runs AS last ON last.id = span.last_run
  LEFT JOIN runs AS gone ON gone.id = span.gone_run;
