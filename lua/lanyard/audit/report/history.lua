--- Audits stored in one SQLite file, and when their grants and findings began and ended.
---
---     local stored <close> = assert(history.open "audits.db")
---     assert(stored:add(report))
---     for _, grant in ipairs(assert(stored:grants { repository = "team/*" })) do print(grant.came, grant.gone) end
---
--- A run is stored completely or not at all. Writers in parallel wait for each other. Errors name the file.

local database = require "lanyard.audit.report.history.database"
local match = require "lanyard.match"
local store = require "lanyard.audit.report.history.store"

local M = {}

---@class audit.History
local History = {}
History.__index = History

--- Opens a history.
---@param path string
---@param options? { readonly?: boolean }  a file that is opened for reading must exist; otherwise it is created
---@return audit.History?
---@return aws.Error? err
function M.open(path, options)
  local db, err = database.open(path, options ~= nil and options.readonly == true)
  if not db then
    return nil, err
  end
  return setmetatable({ db = db, path = path }, History)
end

--- Closes the file.
function History:close()
  self.db:close()
end

History.__close = History.close

--- Stores a report.
---@param report audit.Report
---@return true?
---@return aws.Error? err "OutOfOrder" when the report is older than a stored run of one of its accounts and Regions
function History:add(report)
  return database.guarded(self.path, function()
    local transaction <close> = database.transaction(self.db)
    store.add(self.db, report)
    transaction.commit()
    return true
  end)
end

-- ---------------------------------------------------------------------------------------------
-- Queries

--- The members of the items, in the order of their columns.
M.COLUMNS = {
  grants = { "account", "region", "repository", "type", "principal", "kind", "service", "decision", "statement",
    "at_first", "came", "last_seen", "gone", "audience" },
  findings = { "account", "region", "repository", "id", "severity", "message", "service", "principal", "statement",
    "at_first", "came", "last_seen", "gone", "key" },
  runs = { "time", "tool", "part", "scopes", "failed", "repositories", "grants", "critical", "high", "medium", "low",
    "info" },
}

--- Which grants or findings to return.
---@class audit.HistoryFilter
---@field repository? string a name or glob
---@field service? string
---@field principal? string
---@field since? string     a timestamp: what began or ended then or later

--- A grant or a finding. Grants also have type, kind, decision and, where conditions restrict the principal, audience;
--- findings have id, severity, message and key.
---@class audit.Span
---@field account string
---@field region string
---@field repository? string
---@field service? string
---@field principal? string
---@field statement? string
---@field at_first boolean  the first run of the account and Region had it, so it may be older
---@field came string       timestamp of the first run that has it
---@field last_seen string  timestamp of the last run that has it
---@field gone? string      timestamp of the first later run that covers it and does not have it

-- Returns the view to read, and its columns. A file that only earlier versions wrote has no audiences.
local function view_of(db, name)
  local columns = M.COLUMNS[name]
  if name ~= "grants" then
    return name, columns
  end
  local found = assert(assert(db:prepare "SELECT count(*) FROM sqlite_schema WHERE name = 'audience_grants'"):query())
  if found[1][1] > 0 then
    return "audience_grants", columns
  end
  return name, table.move(columns, 1, #columns - 1, 1, {})
end

local function read(self, name, conditions, ...)
  local values = table.pack(...)
  return database.guarded(self.path, function()
    local view, columns = view_of(self.db, name)
    local items = {}
    local rows = assert(assert(self.db:prepare(("SELECT %s FROM %s %s"):format(table.concat(columns, ", "), view,
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

local FILTER = [[WHERE (?1 IS NULL OR service = ?1) AND (?2 IS NULL OR principal = ?2)
  AND (?3 IS NULL OR came >= ?3 OR gone >= ?3) ORDER BY account, region, repository, came, last_seen, principal]]

local function spans(self, name, filter)
  local items, err = read(self, name, FILTER, filter.service, filter.principal, filter.since)
  if not items then
    return nil, err
  end
  local matching = {}
  for _, item in ipairs(items) do
    item.at_first = item.at_first == 1
    item.repository = item.repository ~= "" and item.repository or nil
    if not filter.repository or item.repository and match.glob(filter.repository, item.repository) then
      matching[#matching + 1] = item
    end
  end
  return matching
end

--- Returns grants by account, Region and repository, the earliest first.
---@param filter? audit.HistoryFilter
---@return audit.Span[]?
---@return aws.Error? err
function History:grants(filter)
  return spans(self, "grants", filter or {})
end

--- Returns findings by account, Region and repository, the earliest first.
---@param filter? audit.HistoryFilter
---@return audit.Span[]?
---@return aws.Error? err
function History:findings(filter)
  return spans(self, "findings", filter or {})
end

--- Returns the stored runs: { time, tool, part, scopes, failed, repositories, grants, [severity] }, the earliest first.
---@param filter? { since?: string }
---@return table[]?
---@return aws.Error? err
function History:runs(filter)
  return read(self, "runs", "WHERE ?1 IS NULL OR time >= ?1 ORDER BY id", filter and filter.since)
end

return M
