-- A report put into a history: what is new begins, what is still there goes on, and what the report looked for
-- and does not have is gone (see lanyard.audit.report.coverage).
-- Runs count in the order in which they are kept: a report
-- that is older than what is known of one of its accounts and Regions is refused, for grants would go before they came.
--
-- Failures of the database are raised, as the errors they are: lanyard.audit.report.history catches them.

local summary = require "lanyard.report.summary"
local coverage = require "lanyard.audit.report.coverage"
local errors = require "lanyard.errors"
local timestamp = require "lanyard.text.timestamp"
local json = require "lanyard.json"
local lists = require "lanyard.lists"

local M = {}

local LATEST = [[SELECT run.time FROM places AS place JOIN looks ON looks.place = place.id
    JOIN runs AS run ON run.id = looks.last_run
  WHERE place.account = ? AND place.region = ? AND place.repository = '']]

local function check_order(db, report, index)
  local latest = assert(db:prepare(LATEST))
  for _, key in ipairs(lists.sorted_names(index)) do
    local scope = index[key].scope
    local row = assert(latest:query(scope.account, scope.region))[1]
    if row and timestamp.parse(row[1]) > timestamp.parse(report.time) then
      error(errors.new { code = "OutOfOrder", message =
        ("this report of %s is older than the run of %s that it has of %s: keep reports in their order")
        :format(report.time, row[1], summary.label(scope)) })
    end
  end
end

local function add_run(db, report)
  local counts = summary.counts(report)
  assert(assert(db:prepare [[INSERT INTO runs (time, tool, part, scopes, failed, repositories, grants, critical, high,
    medium, low, info) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)]]):run(report.time, report.tool,
    report.partial and json.encode(report.partial), counts.scopes, counts.failed, counts.repositories, counts.grants,
    counts.critical, counts.high, counts.medium, counts.low, counts.info))
  return db:id()
end

-- A function that gives the id of a row with those values in the first columns, made when it is absent.
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
-- Spans

-- A kind of spans: how its rows are found, and what it writes of an item.
local GRANTS = {
  there = [[SELECT span.id, place.repository, who.type || ' ' || who.principal || ' ' || span.decision, span.statement
    FROM places AS place JOIN grant_spans AS span ON span.place = place.id AND span.gone_run IS NULL
      JOIN principals AS who ON who.id = span.principal
    WHERE place.account = ? AND place.region = ?]],
  begin = [[INSERT INTO grant_spans (place, principal, decision, statement, first_run, last_run)
    VALUES (?, ?, ?, ?, ?, ?)]],
  go_on = "UPDATE grant_spans SET statement = ?, last_run = ? WHERE id = ?",
  finish = "UPDATE grant_spans SET gone_run = ? WHERE id = ?",
}
local FINDINGS = {
  there = [[SELECT span.id, place.repository, span.key, span.finding, span.service
    FROM places AS place JOIN finding_spans AS span ON span.place = place.id AND span.gone_run IS NULL
    WHERE place.account = ? AND place.region = ?]],
  begin = [[INSERT INTO finding_spans (place, key, finding, severity, message, service, principal, statement, first_run,
    last_run) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)]],
  go_on = "UPDATE finding_spans SET severity = ?, message = ?, statement = ?, last_run = ? WHERE id = ?",
  finish = "UPDATE finding_spans SET gone_run = ? WHERE id = ?",
}

local function prepared(db, sql)
  local statements = {}
  for name, text in pairs(sql) do
    statements[name] = assert(db:prepare(text))
  end
  return statements
end

-- What is there of an account and Region by now: its rows by repository and key
local function there_of(statements, known)
  local there = {}
  for _, row in ipairs(assert(statements.there:query(known.scope.account, known.scope.region))) do
    there[row[2] .. "\0" .. row[3]] = row
  end
  return there
end

local Keeper = {}
Keeper.__index = Keeper

function Keeper:place(scope, repository)
  return self.places({ scope.account, scope.region, repository }, scope.account, scope.region, repository, self.run)
end

function Keeper:add_grants(known)
  local scope, there, seen = known.scope, there_of(self.grants, known), {}
  for name, repository in pairs(known.repositories) do
    local place
    for _, access in ipairs(repository.access) do
      local key = ("%s\0%s %s %s"):format(name, access.type, access.principal, access.decision)
      if access.decision == "deny" or seen[key] then
        goto continue
      elseif there[key] then
        assert(self.grants.go_on:run(access.statement, self.run, there[key][1]))
      else
        place = place or self:place(scope, name)
        local who = self.principals({ access.type, access.principal }, access.type, access.principal, access.kind,
          access.service)
        assert(self.grants.begin:run(place, who, access.decision, access.statement, self.run, self.run))
      end
      seen[key] = true
      ::continue::
    end
  end
  for key, row in pairs(there) do
    local grant = { account = scope.account, region = scope.region, repository = row[2] }
    if not seen[key] and coverage.would_show(self.report, self.index, grant) then
      assert(self.grants.finish:run(self.run, row[1]))
    end
  end
end

function Keeper:add_findings(known, findings)
  local scope, there, seen = known.scope, there_of(self.findings, known), {}
  for _, one in ipairs(findings) do
    local key = ("%s\0%s"):format(one.repository or "", one.key)
    if there[key] then
      assert(self.findings.go_on:run(one.severity, one.message, one.statement, self.run, there[key][1]))
    elseif not seen[key] then
      local place = self:place(scope, one.repository or "")
      assert(self.findings.begin:run(place, one.key, one.id, one.severity, one.message, one.service, one.principal,
        one.statement, self.run, self.run))
    end
    seen[key] = true
  end
  for key, row in pairs(there) do
    local finding = { account = scope.account, region = scope.region, id = row[4], service = row[5],
      repository = row[2] ~= "" and row[2] or nil }
    if not seen[key] and coverage.would_have(self.report, self.index, finding) then
      assert(self.findings.finish:run(self.run, row[1]))
    end
  end
end

-- Those that are muted are there, too: a mute that ends brings nothing that is new.
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

-- keep(db, report): inside of a transaction
function M.keep(db, report)
  local index = coverage.index(report)
  check_order(db, report, index)
  local self = setmetatable({
    report = report, index = index, run = add_run(db, report),
    places = ids_of(db, "places", "account, region, repository, first_run", "?, ?, ?, ?",
      "account = ? AND region = ? AND repository = ?"),
    principals = ids_of(db, "principals", "type, principal, kind, service", "?, ?, ?, ?",
      "type = ? AND principal = ?"),
    grants = prepared(db, GRANTS), findings = prepared(db, FINDINGS),
  }, Keeper)
  local looked = assert(db:prepare "INSERT OR REPLACE INTO looks (place, last_run) VALUES (?, ?)")
  local findings = findings_by_scope(report)
  for key, known in pairs(self.index) do
    assert(looked:run(self:place(known.scope, ""), self.run))
    self:add_grants(known)
    self:add_findings(known, findings[key] or {})
  end
end

return M
