-- Who a principal is in effect, if conditions restrict everyone or a service; empty if none does. Files of earlier
-- versions lack this table, and their grants lack a row in it.
CREATE TABLE IF NOT EXISTS audiences (
  span INTEGER PRIMARY KEY REFERENCES grant_spans, audience TEXT NOT NULL, kind TEXT);
CREATE VIEW IF NOT EXISTS audience_grants AS SELECT place.account, place.region, place.repository,
  who.type, who.principal, coalesce(who_in_effect.kind, who.kind) AS kind, who.service, span.decision, span.statement,
  span.first_run = whole.first_run AS at_first,
  came.time AS came, last.time AS last_seen, gone.time AS gone, nullif(who_in_effect.audience, '') AS audience
FROM grant_spans AS span
  JOIN places AS place ON place.id = span.place
  JOIN places AS whole ON whole.account = place.account AND whole.region = place.region AND whole.repository = ''
  JOIN runs AS came ON came.id = span.first_run
  JOIN runs AS last ON last.id = span.last_run
  LEFT JOIN runs AS gone ON gone.id = span.gone_run
  JOIN principals AS who ON who.id = span.principal
  LEFT JOIN audiences AS who_in_effect ON who_in_effect.span = span.id;
