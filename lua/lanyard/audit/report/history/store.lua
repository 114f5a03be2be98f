--- Stores a report in the database of a history, inside of a transaction of the caller.
---
---     store.add(db, report)
---
--- Rows of grants and findings that the report has are extended or inserted; rows that it covers and lacks are ended
--- (lanyard.audit.report.coverage). Runs count in the order in which they are stored: a report that is older than a
--- stored run of one of its accounts and Regions is rejected, because a grant would end before it began.
---
--- Errors of the database are raised; lanyard.audit.report.history catches them.

local coverage = require "lanyard.audit.report.coverage"
local errors = require "lanyard.errors"
local json = require "lanyard.json"
local lists = require "lanyard.lists"
local summary = require "lanyard.report.summary"
local timestamp = require "lanyard.text.timestamp"

local M = {}

-- ---------------------------------------------------------------------------------------------
-- SQL

local LATEST = [[SELECT run.time FROM places AS place JOIN looks ON looks.place = place.id
    JOIN runs AS run ON run.id = looks.last_run
  WHERE place.account = ? AND place.region = ? AND place.repository = '']]

local ADD_RUN = [[INSERT INTO runs (time, tool, part, scopes, failed, repositories, grants, critical, high, medium, low,
    info) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)]]

local COVER = "INSERT OR REPLACE INTO looks (place, last_run) VALUES (?, ?)"

-- `open` selects the rows of an account and Region that have not ended.
local GRANTS = {
  open = [[SELECT span.id, place.repository, who.type || ' ' || who.principal || ' ' || span.decision
      || coalesce(' ' || effect.audience, ''), span.statement
    FROM places AS place JOIN grant_spans AS span ON span.place = place.id AND span.gone_run IS NULL
      JOIN principals AS who ON who.id = span.principal
      LEFT JOIN audiences AS effect ON effect.span = span.id
    WHERE place.account = ? AND place.region = ?]],
  insert = [[INSERT INTO grant_spans (place, principal, decision, statement, first_run, last_run)
    VALUES (?, ?, ?, ?, ?, ?)]],
  extend = "UPDATE grant_spans SET statement = ?, last_run = ? WHERE id = ?",
  finish = "UPDATE grant_spans SET gone_run = ? WHERE id = ?",
  describe = "INSERT INTO audiences (span, audience, kind) VALUES (?, ?, ?)",
}
local FINDINGS = {
  open = [[SELECT span.id, place.repository, span.key, span.finding, span.service
    FROM places AS place JOIN finding_spans AS span ON span.place = place.id AND span.gone_run IS NULL
    WHERE place.account = ? AND place.region = ?]],
  insert = [[INSERT INTO finding_spans (place, key, finding, severity, message, service, principal, statement,
    first_run, last_run) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)]],
  extend = "UPDATE finding_spans SET severity = ?, message = ?, statement = ?, last_run = ? WHERE id = ?",
  finish = "UPDATE finding_spans SET gone_run = ? WHERE id = ?",
}

local function prepared(db, sql)
  local statements = {}
  for name, text in pairs(sql) do
    statements[name] = assert(db:prepare(text))
  end
  return statements
end

-- Returns a function that returns the id of the row with a key, and inserts the row if it does not exist.
local function ids_of(db, name, columns, marks, where)
  local insert = assert(db:prepare(("INSERT INTO %s (%s) VALUES (%s) ON CONFLICT DO NOTHING")
    :format(name, columns, marks)))
  local find = assert(db:prepare(("SELECT id FROM %s WHERE %s"):format(name, where)))
  return function(key, ...)
    if assert(insert:run(...)) == 1 then
      return db:id()
    end
    return assert(find:query(table.unpack(key)))[1][1]
  end
end

-- ---------------------------------------------------------------------------------------------
-- The run

local function check_order(db, report, index)
  local latest = assert(db:prepare(LATEST))
  for _, key in ipairs(lists.sorted_names(index)) do
    local scope = index[key].scope
    local row = assert(latest:query(scope.account, scope.region))[1]
    if row and timestamp.parse(row[1]) > timestamp.parse(report.time) then
      error(errors.new { code = "OutOfOrder", message =
        ("the report of %s is older than the stored run of %s of %s: store reports in the order of their times")
        :format(report.time, row[1], summary.label(scope)) })
    end
  end
end

local function add_run(db, report)
  local counts = summary.counts(report)
  assert(assert(db:prepare(ADD_RUN)):run(report.time, report.tool, report.partial and json.encode(report.partial),
    counts.scopes, counts.failed, counts.repositories, counts.grants, counts.critical, counts.high, counts.medium,
    counts.low, counts.info))
  return db:id()
end

-- ---------------------------------------------------------------------------------------------
-- Grants and findings

local Store = {}
Store.__index = Store

-- Returns the id of a repository; that of the whole account and Region for an empty name.
function Store:place_id(scope, repository)
  return self.places({ scope.account, scope.region, repository }, scope.account, scope.region, repository, self.run)
end

-- Returns the rows of an account and Region that have not ended, by repository and key.
local function open_rows(statements, scope)
  local rows = {}
  for _, row in ipairs(assert(statements.open:query(scope.account, scope.region))) do
    rows[row[2] .. "\0" .. row[3]] = row
  end
  return rows
end

-- Returns the open row of an access. A row of an earlier version has no audience, and gets this one.
function Store:open_row(open, present, key, access)
  local row, earlier = open[key .. " " .. (access.audience or "")], open[key]
  if not row and earlier and not present[key] then
    present[key] = true
    assert(self.grants.describe:run(earlier[1], access.audience or "", access.kind))
    return earlier
  end
  return row
end

function Store:add_repository_grants(scope, repository, open, present)
  local place
  for _, access in ipairs(repository.access) do
    local principal_key = ("%s\0%s %s %s"):format(repository.name, access.type, access.principal, access.decision)
    local key = principal_key .. " " .. (access.audience or "")
    if access.decision == "deny" or present[key] then
      goto continue
    end
    local row = self:open_row(open, present, principal_key, access)
    if row then
      assert(self.grants.extend:run(access.statement, self.run, row[1]))
    else
      place = place or self:place_id(scope, repository.name)
      local principal = self.principals({ access.type, access.principal }, access.type, access.principal, access.kind,
        access.service)
      assert(self.grants.insert:run(place, principal, access.decision, access.statement, self.run, self.run))
      assert(self.grants.describe:run(self.db:id(), access.audience or "", access.kind))
    end
    present[key] = true
    ::continue::
  end
end

function Store:add_grants(known)
  local scope, open, present = known.scope, open_rows(self.grants, known.scope), {}
  for _, repository in pairs(known.repositories) do
    self:add_repository_grants(scope, repository, open, present)
  end
  for key, row in pairs(open) do
    local grant = { account = scope.account, region = scope.region, repository = row[2] }
    if not present[key] and coverage.would_show(self.report, self.index, grant) then
      assert(self.grants.finish:run(self.run, row[1]))
    end
  end
end

function Store:add_findings(known, findings)
  local scope, open, present = known.scope, open_rows(self.findings, known.scope), {}
  for _, finding in ipairs(findings) do
    local key = ("%s\0%s"):format(finding.repository or "", finding.key)
    if open[key] then
      assert(self.findings.extend:run(finding.severity, finding.message, finding.statement, self.run, open[key][1]))
    elseif not present[key] then
      local place = self:place_id(scope, finding.repository or "")
      assert(self.findings.insert:run(place, finding.key, finding.id, finding.severity, finding.message,
        finding.service, finding.principal, finding.statement, self.run, self.run))
    end
    present[key] = true
  end
  for key, row in pairs(open) do
    local finding = { account = scope.account, region = scope.region, id = row[4], service = row[5],
      repository = row[2] ~= "" and row[2] or nil }
    if not present[key] and coverage.would_have(self.report, self.index, finding) then
      assert(self.findings.finish:run(self.run, row[1]))
    end
  end
end

-- Returns findings by account and Region. Muted ones are included, so that a mute that expires adds nothing new.
local function findings_by_scope(report)
  local found = {}
  for _, list in ipairs { report.findings, report.muted or {} } do
    for _, finding in ipairs(list) do
      local key = coverage.scope_key(finding)
      found[key] = found[key] or {}
      table.insert(found[key], finding)
    end
  end
  return found
end

--- Stores a report. Raises an error when it cannot be stored.
---@param db sqlite.Database
---@param report audit.Report
function M.add(db, report)
  local index = coverage.index(report)
  check_order(db, report, index)
  local self = setmetatable({
    db = db, report = report, index = index, run = add_run(db, report),
    places = ids_of(db, "places", "account, region, repository, first_run", "?, ?, ?, ?",
      "account = ? AND region = ? AND repository = ?"),
    principals = ids_of(db, "principals", "type, principal, kind, service", "?, ?, ?, ?",
      "type = ? AND principal = ?"),
    grants = prepared(db, GRANTS), findings = prepared(db, FINDINGS),
  }, Store)
  local cover = assert(db:prepare(COVER))
  local findings = findings_by_scope(report)
  for key, known in pairs(index) do
    assert(cover:run(self:place_id(known.scope, ""), self.run))
    self:add_grants(known)
    self:add_findings(known, findings[key] or {})
  end
end

return M
