--- Applies the mutes of a rules file to a report.
---
---     mutes.add_expired(rules:mutes(), report)
---     local unmatched = mutes.apply(rules:mutes(), report)
---
--- A muted finding moves to the report's `muted` list, with the mute as its `muted` = { reason, expires, location },
--- and no longer counts. A mute that has expired mutes nothing and is a finding itself.

local escape = require "lanyard.text.escape"
local findings = require "lanyard.audit.findings"
local globs = require "lanyard.globs"
local json = require "lanyard.json"
local lists = require "lanyard.lists"
local mute = require "lanyard.audit.mute"
local suggest = require "lanyard.text.suggest"

local M = {}

--- Checks that a mute names a known finding and that its end is a date.
---@param one rules.Mute
---@return true? ok
---@return string? message  what is wrong and where
function M.check(one)
  if not findings.catalogue[one.finding] then
    local name = suggest(one.finding, lists.sorted_names(findings.catalogue))
    return nil, ("%s: '%s' is not a finding%s"):format(one.location, one.finding,
      name and ("; did you mean '%s'?"):format(name) or "")
  elseif one.ends and not mute.deadline(one) then
    return nil, ("%s: ends = '%s' is not a date; write it as 2027-01-31"):format(one.location, one.ends)
  end
  return true
end

-- A finding about the rules file is reported for the first account and Region that could be audited.
local function first_scope(report)
  for _, scope in ipairs(report.scopes) do
    if not scope.error then
      return scope
    end
  end
  return nil
end

-- Returns the position after the findings that are more severe than "info".
local function position_before_info(list)
  local position = #list + 1
  while position > 1 and list[position - 1].severity == "info" do
    position = position - 1
  end
  return position
end

--- Adds a finding to a report for each mute that has expired, unless the report already has it.
---@param mutes rules.Mute[]
---@param report audit.Report
function M.add_expired(mutes, report)
  local scope, present, added = first_scope(report), {}, {}
  for _, finding in ipairs(report.findings) do
    present[finding.key] = true
  end
  local record = findings.record "expired-mute"
  record.check(scope and mutes or {}, report, function(details)
    if present[details.key] then
      return
    end
    present[details.key] = true
    added[#added + 1] = {
      id = record.id, severity = record.severity, message = details.message, why = details.why,
      fix = record.remediation(), account = scope.account, region = scope.region, key = details.key,
    }
  end)
  local list = report.findings
  local position = position_before_info(list)
  table.move(list, position, #list, position + #added)
  table.move(added, 1, #added, position, list)
end

--- Adds a rules file and the number of its mutes in force to what a report says about rules.
---@param report audit.Report
---@param file? string       nil if there is no rules file
---@param mutes rules.Mute[]
---@param untrusted? boolean  whether the file is not in force because it is not trusted
function M.describe(report, file, mutes, untrusted)
  report.rules = report.rules or json.array {}
  local active = 0
  for _, one in ipairs(mutes) do
    active = active + (mute.has_expired(one, report) and 0 or 1)
  end
  if file then
    table.insert(report.rules, { file = escape.utf8(file), mutes = active, untrusted = untrusted or nil })
  end
end

-- Returns mutes by the id of findings, each in an index of their globs of repositories.
local function index_of(active)
  local by_id = {}
  for _, one in ipairs(active) do
    by_id[one.finding] = by_id[one.finding] or globs.new()
    by_id[one.finding]:add(one.repository or "*", one)
  end
  return by_id
end

-- Returns the first mute that matches a finding, and marks all that do.
local function first_match(by_id, finding, used)
  local first
  local index = by_id[finding.id]
  for _, one in ipairs(index and index:matching(finding.repository or "") or {}) do
    if mute.matches(one, finding) then
      first, used[one] = first or one, true
    end
  end
  return first
end

--- Moves the findings that the mutes match to the report's `muted` list. The report's time decides which mutes have
--- expired.
---@param mutes rules.Mute[]  checked ones
---@param report audit.Report
---@return rules.Mute[] unmatched  mutes that match no finding
function M.apply(mutes, report)
  local active, used = {}, {}
  for _, one in ipairs(mutes) do
    active[#active + 1] = not mute.has_expired(one, report) and one or nil
  end
  local by_id = index_of(active)
  local remaining, muted = json.array {}, report.muted or json.array {}
  for _, finding in ipairs(report.findings) do
    local by = first_match(by_id, finding, used)
    if by then
      finding.muted = { reason = by.reason, expires = by.ends, location = by.location }
    end
    table.insert(by and muted or remaining, finding)
  end
  report.findings = remaining
  report.muted = #muted > 0 and muted or nil
  local unmatched = {}
  for _, one in ipairs(active) do
    unmatched[#unmatched + 1] = not used[one] and one or nil
  end
  return unmatched
end

return M
