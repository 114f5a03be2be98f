-- Runs of audits kept in one file of SQLite, and what they tell: when a grant or a finding came and went.
--
--   local kept <close> = assert(history.open "audits.db")
--   assert(kept:add(report))
--   for _, grant in ipairs(assert(kept:grants { repository = "team/*" })) do print(grant.came, grant.gone) end
--
-- A run is kept whole or not at all. Of two at once one waits for the other. Errors name the file.

local errors = require "lanyard.errors"
local keep = require "lanyard.audit.report.history.keep"
local match = require "lanyard.match"
local schema = require "lanyard.audit.report.history.schema"
local sqlite = require "lanyard.sqlite"
local system = require "lanyard.system"

local M = {}

-- Seconds to wait for another lanyard that keeps its run.
local BUSY = 30

local History = {}
History.__index = History

local ADVICE = {
  Busy = "another program has had it for %d s: end that, or try again",
  NotDatabase = "name another file, or remove this one",
  ReadOnly = "name a file in a folder that can be written to",
  SqliteError = "is it a file, and whole?",
  CannotOpen = "name a file, in a folder that is there",
}

local function fault(path, err)
  local advice = ADVICE[err.code]
  return errors.new { code = err.code,
    message = ("%s: %s%s"):format(path, err.message, advice and "; " .. advice:format(BUSY) or "") }
end

local function refuse(path, text, ...)
  return errors.new { code = "Usage", message = ("%s %s"):format(path, text:format(...)) }
end

-- Whether a database is a history --> true | false when it is empty; raises what it is instead.
local function is_history(db, path)
  local function number(sql)
    return assert(assert(db:prepare(sql)):query())[1][1]
  end
  local application, version = number "PRAGMA application_id", number "PRAGMA user_version"
  if number "SELECT count(*) FROM sqlite_schema" == 0 then
    return false
  elseif application ~= schema.APPLICATION then
    error(refuse(path, "is a database of another program"))
  elseif version ~= schema.VERSION then
    error(refuse(path, "has the form %d of a history, and this lanyard knows %d: use a newer one", version,
      schema.VERSION))
  end
  return true
end

-- Runs body() --> what it gives | nil, err for what it raises of the database
local function guarded(path, body)
  local ok, result = pcall(body)
  if ok then
    return result
  elseif not errors.is(result) then
    error(result, 0)
  end
  return nil, result.code == "Usage" and result or fault(path, result)
end

-- A transaction, which is rolled back when it is closed before it was committed.
local function begin(db)
  assert(db:exec "BEGIN IMMEDIATE")
  local open = true
  return setmetatable({
    commit = function()
      assert(db:exec "COMMIT")
      open = false
    end,
  }, { __close = function()
    if open then
      db:exec "ROLLBACK"
    end
  end })
end

-- open(path [, { readonly }]) --> history | nil, err. To be read the file must be there; to be written to it
-- is made, and an error tells at once that it cannot be.
function M.open(path, options)
  local readonly = options ~= nil and options.readonly
  return guarded(path, function()
    if readonly and not system.exists(path) then
      error(refuse(path, "is not there: lanyard audit --history makes it"))
    end
    local db = assert(sqlite.open(path, { busy = BUSY, readonly = readonly }))
    if readonly then
      if not is_history(db, path) then
        error(refuse(path, "has no run of an audit: lanyard audit --history keeps one"))
      end
    else
      local transaction <close> = begin(db)
      if not is_history(db, path) then
        assert(db:exec(schema.CREATE))
      end
      assert(db:exec(schema.LOOKS))
      transaction.commit()
    end
    return setmetatable({ db = db, path = path }, History)
  end)
end

function History:close()
  self.db:close()
end

History.__close = History.close

-- add(report) --> true | nil, err; "OutOfOrder" where it is older than a run of one of its accounts and Regions
function History:add(report)
  return guarded(self.path, function()
    local transaction <close> = begin(self.db)
    keep.keep(self.db, report)
    transaction.commit()
    return true
  end)
end

-- ---------------------------------------------------------------------------------------------
-- What is told

M.COLUMNS = {
  grants = { "account", "region", "repository", "type", "principal", "kind", "service", "decision", "statement",
    "at_first", "came", "last_seen", "gone" },
  findings = { "account", "region", "repository", "id", "severity", "message", "service", "principal", "statement",
    "at_first", "came", "last_seen", "gone", "key" },
  runs = { "time", "tool", "part", "scopes", "failed", "repositories", "grants", "critical", "high", "medium", "low",
    "info" },
}

local function read(self, name, conditions, ...)
  local values = table.pack(...)
  return guarded(self.path, function()
    local columns, items = M.COLUMNS[name], {}
    local rows = assert(assert(self.db:prepare(("SELECT %s FROM %s %s"):format(table.concat(columns, ", "), name,
      conditions))):query(table.unpack(values, 1, values.n)))
    for i, row in ipairs(rows) do
      items[i] = {}
      for column, key in ipairs(columns) do
        items[i][key] = row[column]
      end
    end
    return items
  end)
end

local SPANS = [[WHERE (?1 IS NULL OR service = ?1) AND (?2 IS NULL OR principal = ?2)
  AND (?3 IS NULL OR came >= ?3 OR gone >= ?3) ORDER BY account, region, repository, came, last_seen, principal]]

-- Those of spans that a filter leaves.
local function spans(self, name, filter)
  local items, err = read(self, name, SPANS, filter.service, filter.principal, filter.since)
  if not items then
    return nil, err
  end
  local kept = {}
  for _, item in ipairs(items) do
    item.at_first = item.at_first == 1
    item.repository = item.repository ~= "" and item.repository or nil
    if not filter.repository or item.repository and match.glob(filter.repository, item.repository) then
      kept[#kept + 1] = item
    end
  end
  return kept
end

-- grants([filter]) --> list | nil, err; by account, Region and repository, the earliest first
-- filter: { repository = GLOB, service, principal, since = "2026-11-25T01:00:00Z" }, each where it is given; since:
-- what came or went at that moment or later.
-- A grant: { account, region, repository, type, principal, kind, service, decision, statement, at_first, came,
-- last_seen, gone }; moments as reports have them. at_first: it was there at the first look, and may be
-- older. gone: of the first run that looked and did not see it | nil.
function History:grants(filter)
  return spans(self, "grants", filter or {})
end

-- findings([filter]) --> list | nil, err, likewise, with id, severity, message and key
function History:findings(filter)
  return spans(self, "findings", filter or {})
end

-- runs([{ since }]) --> list of { time, tool, part, scopes, failed, repositories, grants, [severity] } | nil, err
function History:runs(filter)
  return read(self, "runs", "WHERE ?1 IS NULL OR time >= ?1 ORDER BY id", filter and filter.since)
end

return M
