--- Merges the accounts and Regions of reports.

local coverage = require "lanyard.audit.report.coverage"
local json = require "lanyard.json"

local M = {}

-- What a scope could not read. Each part of an audit needs it for its own repositories.
local ERRORS = { "services_error", "deployments_error", "registry_error", "identities_error", "journal_error" }

-- Set in the merged report if it is set in one of the reports: each asks AWS for other names.
local ABSENCES = "absences_error"

local WHOLE = "null"

-- Returns the part of an audit that a report is, as a text.
local function part_of(report)
  return report.partial and json.encode(report.partial) or WHOLE
end

-- Notes the errors of a scope: errors[name][part] is false if one of the reports of the part could read the data.
local function note_errors(errors, scope, part)
  for _, name in ipairs(ERRORS) do
    errors[name] = errors[name] or { parts = {} }
    local by_part = errors[name]
    if by_part[part] == nil then
      table.insert(by_part.parts, part)
      by_part[part] = scope[name] or false
    else
      by_part[part] = by_part[part] and scope[name] or false
    end
  end
end

-- Sets the errors of a merged scope: what a part could not read, unless a report of the whole audit could.
local function set_errors(into, errors)
  for name, by_part in pairs(errors) do
    for _, part in ipairs(by_part[WHOLE] ~= false and by_part.parts or {}) do
      into[name] = into[name] or by_part[part] or nil
    end
  end
end

-- Adds items to a list by name. An item of an earlier report is added only if the list has none of its name, or one
-- whose policy could not be read. `on_difference` gets the name of an item that differs.
local function add_items(into, items, on_difference)
  local position = {}
  for i, item in ipairs(into) do
    position[item.name] = i
  end
  for _, item in ipairs(items) do
    local i = position[item.name]
    if not i then
      table.insert(into, item)
      position[item.name] = #into
    elseif into[i].policy_error and not item.policy_error then
      into[i] = item
    elseif not item.policy_error and json.encode(into[i]) ~= json.encode(item) then
      on_difference(item.name)
    end
  end
end

-- Returns a scope with the properties of another one, and without its items.
local function empty_copy(scope)
  return {
    account = scope.account, region = scope.region, profile = scope.profile, role = scope.role,
    repositories = json.array {}, services = json.array {}, controls = scope.controls,
  }
end

--- Adds the scopes that could be audited to the merged report.
---@param joined audit.Report
---@param ordered audit.Report[] the latest first
---@param file_of { [audit.Report]: string }
---@param notes string[] gets a line for each difference
---@return { [audit.Report]: { [string]: true } } superseded the repositories of each report that differ in a later one
function M.join(joined, ordered, file_of, notes)
  local by_key, first_of, superseded, errors = {}, {}, {}, {}
  local function add(report, scope)
    local key = coverage.scope_key(scope)
    if not by_key[key] then
      by_key[key], first_of[key], errors[key] = empty_copy(scope), report, {}
      table.insert(joined.scopes, by_key[key])
    end
    local into = by_key[key]
    for _, kind in ipairs { "repositories", "services" } do
      add_items(into[kind], scope[kind], function(name)
        notes[#notes + 1] = ("%s: %s is not the same in %s and %s; the later report counts")
          :format(key, name, file_of[first_of[key]], file_of[report])
        if kind == "repositories" then
          superseded[report] = superseded[report] or {}
          superseded[report][key .. "/" .. name] = true
        end
      end)
    end
    note_errors(errors[key], scope, part_of(report))
    into[ABSENCES] = into[ABSENCES] or scope[ABSENCES]
  end
  for _, report in ipairs(ordered) do
    for _, scope in ipairs(report.scopes) do
      if not scope.error then
        add(report, scope)
      end
    end
  end
  for key, into in pairs(by_key) do
    set_errors(into, errors[key])
  end
  return superseded
end

--- Adds each failure once. It stays even where another report covers the account and Region, because that report may
--- cover other repositories.
---@param joined audit.Report
---@param ordered audit.Report[]
---@param file_of { [audit.Report]: string }
---@param notes string[] gets a line for each failure
---@return boolean failed
function M.join_errors(joined, ordered, file_of, notes)
  local known, failed = {}, false
  for _, report in ipairs(ordered) do
    for _, scope in ipairs(report.scopes) do
      local key = scope.error
        and table.concat({ coverage.scope_key(scope), scope.profile or "", scope.error.message }, " ")
      if key and not known[key] then
        known[key] = true
        table.insert(joined.scopes, scope)
        failed = failed or not scope.skipped
        if not scope.skipped then
          notes[#notes + 1] = ("%s failed in %s: %s"):format(scope.region or scope.profile or "a target",
            file_of[report], scope.error.message)
        end
      end
    end
  end
  return failed
end

return M
