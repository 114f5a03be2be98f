--- Merges reports that several runs left in files.
---
---     local reports = { assert(read.report "a.json"), assert(read.report "b.json") }
---     local report, notes, failed = merge.join(reports, { "a.json", "b.json" })
---
--- Where reports differ, the later one counts.

local coverage = require "lanyard.audit.report.coverage"
local document = require "lanyard.audit.report.document"
local findings = require "lanyard.audit.report.merge.findings"
local json = require "lanyard.json"
local limitations = require "lanyard.audit.limitations"
local lists = require "lanyard.lists"
local order = require "lanyard.audit.report.merge.order"
local partial = require "lanyard.audit.report.merge.partial"
local scopes = require "lanyard.audit.report.merge.scopes"
local shards = require "lanyard.audit.report.merge.shards"
local whole = require "lanyard.audit.report.whole"

local M = {}

-- Adds a note about the shards that are missing. Returns whether any is.
local function note_missing(reports, missing, notes)
  local names = shards.missing(reports)
  for _, name in ipairs(missing) do
    names[#names + 1] = not lists.contains(names, name) and name or nil
  end
  if #names > 0 then
    notes[#notes + 1] = ("missing: shard %s (unused roles and images of missing repositories are reported only when "
      .. "all shards are merged)"):format(table.concat(names, ", "))
  end
  return #names > 0
end

-- Returns the reports with the latest first, and the file of each.
local function by_time(reports, paths)
  local file_of, position, ordered = {}, {}, table.move(reports, 1, #reports, 1, {})
  for i, report in ipairs(reports) do
    file_of[report], position[report] = paths[i], i
  end
  table.sort(ordered, function(a, b)
    if a.time ~= b.time then
      return a.time > b.time
    end
    return position[a] < position[b]
  end)
  return ordered, file_of
end

-- Adds the findings that no shard has by itself.
local function add_whole(joined, notes)
  for _, scope in ipairs(joined.scopes) do
    local found = scope.error and {} or whole.findings(scope)
    if found then
      table.move(found, 1, #found, #joined.findings + 1, joined.findings)
    else
      notes[#notes + 1] = ("%s: unused roles are not reported, because a shard is of an earlier lanyard")
        :format(coverage.scope_key(scope))
    end
  end
end

-- Returns the rules files of all reports, each once; nil if no report says which were in force.
local function rules_of(ordered)
  local list, known
  for _, report in ipairs(ordered) do
    for _, one in ipairs(report.rules or {}) do
      local key = ("%s %d %s"):format(one.file, one.mutes, one.untrusted)
      list, known = list or json.array {}, known or {}
      list[#list + 1] = not known[key] and one or nil
      known[key] = true
    end
  end
  return list
end

-- Returns the settings that all reports have; nil if they differ, or if a report does not have them.
local function settings_of(ordered)
  local text = ordered[1].settings and json.encode(ordered[1].settings)
  for _, report in ipairs(ordered) do
    if not report.settings or json.encode(report.settings) ~= text then
      return nil
    end
  end
  return ordered[1].settings
end

local function by_name(a, b)
  return a.name < b.name
end

-- Sorts the accounts and Regions as the first report has them, then as the next one, and the items of each by name.
local function sort_scopes(joined, reports)
  local position, count = {}, 0
  for _, report in ipairs(reports) do
    for _, scope in ipairs(report.scopes) do
      local key = coverage.scope_key(scope)
      position[key], count = position[key] or count, count + 1
    end
  end
  table.sort(joined.scopes, function(a, b) return position[coverage.scope_key(a)] < position[coverage.scope_key(b)] end)
  for _, scope in ipairs(joined.scopes) do
    table.sort(scope.repositories, by_name)
    table.sort(scope.services, by_name)
  end
end

--- Merges reports.
---@param reports audit.Report[]
---@param paths string[] the file of each report
---@return audit.Report
---@return string[] notes one line each for what differs, failed or is missing
---@return boolean failed whether the merged report lacks something
function M.join(reports, paths)
  local ordered, file_of = by_time(reports, paths)
  local joined, notes = document.new(ordered[#ordered].time), {}
  joined.run, joined.settings = ordered[1].run, settings_of(ordered)
  local superseded = scopes.join(joined, ordered, file_of, notes)
  joined.rules = rules_of(ordered)
  for _, report in ipairs(reports) do
    limitations.add(joined, report)
  end
  sort_scopes(joined, reports)
  findings.join(joined, ordered, superseded)
  local failed = scopes.join_errors(joined, ordered, file_of, notes)
  local missing
  joined.partial, missing = partial.join(ordered, failed)
  if note_missing(reports, missing or {}, notes) then
    joined.partial, failed = joined.partial or {}, true
  elseif missing and not joined.partial then
    add_whole(joined, notes)
  end
  order.sort(joined)
  return joined, notes, failed
end

return M
