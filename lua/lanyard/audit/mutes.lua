-- Findings that a rules file mutes: they are moved to the report's `muted`, each with the mute as its
-- `muted` = { reason, ends, place }, and count for nothing. A mute past its end is a finding itself.

local catalogue = require "lanyard.audit.catalogue"
local timestamp = require "lanyard.text.timestamp"
local json = require "lanyard.json"
local lists = require "lanyard.lists"
local match = require "lanyard.match"
local suggest = require "lanyard.text.suggest"

local M = {}

-- The members of a finding that a mute may name by a glob.
local GLOBS = { "account", "region", "repository", "service", "principal", "statement", "message" }

-- The moment at which a mute ends: the beginning of a day of UTC, or a time. --> seconds since 1970 | nil
local function end_of(mute)
  return timestamp.parse(mute.ends) or timestamp.parse(mute.ends .. "T00:00:00Z")
end

-- check(mute) --> true | nil, what is wrong with it
function M.check(mute)
  if not catalogue[mute.finding] then
    local near = suggest(mute.finding, lists.sorted_names(catalogue))
    return nil, ("%s: '%s' is not a finding%s"):format(mute.place, mute.finding,
      near and ("; did you mean '%s'?"):format(near) or "")
  elseif mute.ends and not end_of(mute) then
    return nil, ("%s: ends = '%s' is not a date; write it as 2027-01-31"):format(mute.place, mute.ends)
  end
  return true
end

local function fits(mute, finding)
  if mute.finding ~= finding.id then
    return false
  end
  for _, name in ipairs(GLOBS) do
    if mute[name] and not match.glob(mute[name], finding[name] or "") then
      return false
    end
  end
  return true
end

-- Where a finding about the file itself is told: at the first account and Region that was looked at.
local function any_scope(report)
  for _, scope in ipairs(report.scopes) do
    if not scope.error then
      return scope
    end
  end
  return nil
end

-- Of a mute, wherever in the file it stands.
local function key_of(mute)
  local parts = { "expired-mute", mute.finding, mute.ends }
  for _, name in ipairs(GLOBS) do
    parts[#parts + 1] = mute[name] and ("%s=%s"):format(name, mute[name]) or nil
  end
  return table.concat(parts, "|")
end

local function expired(mute, scope)
  return {
    id = "expired-mute",
    severity = catalogue["expired-mute"][1],
    message = ("the mute of %s at %s expired on %s"):format(mute.finding, mute.place, mute.ends),
    why = ("it mutes nothing any more; its reason was: %s"):format(mute.reason),
    fix = "mend what it muted and take it out, or give it another end",
    account = scope.account,
    region = scope.region,
    key = key_of(mute),
  }
end

local function has_ended(mute, report)
  return mute.ends ~= nil and end_of(mute) <= timestamp.parse(report.time)
end

-- add_expired(mutes, report): adds a finding for each mute that is past its end, once.
function M.add_expired(mutes, report)
  local scope, told = any_scope(report), {}
  for _, finding in ipairs(report.findings) do
    told[finding.key] = true
  end
  for _, mute in ipairs(scope and mutes or {}) do
    if has_ended(mute, report) and not told[key_of(mute)] then
      told[key_of(mute)] = true
      local position = #report.findings + 1
      while position > 1 and report.findings[position - 1].severity == "info" do
        position = position - 1
      end
      table.insert(report.findings, position, expired(mute, scope))
    end
  end
end

-- apply(mutes, report) --> the mutes that fit no finding
-- The mutes are checked. The time is the report's.
function M.apply(mutes, report)
  local counting = {}
  for _, mute in ipairs(mutes) do
    counting[#counting + 1] = not has_ended(mute, report) and mute or nil
  end
  local left, used = json.array {}, {}
  local muted = report.muted or json.array {}
  for _, finding in ipairs(report.findings) do
    local by
    for _, mute in ipairs(counting) do
      if fits(mute, finding) then
        by, used[mute] = by or mute, true
      end
    end
    if by then
      finding.muted = { reason = by.reason, ends = by.ends, place = by.place }
      muted[#muted + 1] = finding
    else
      left[#left + 1] = finding
    end
  end
  report.findings = left
  report.muted = #muted > 0 and muted or nil
  local idle = {}
  for _, mute in ipairs(counting) do
    idle[#idle + 1] = not used[mute] and mute or nil
  end
  return idle
end

return M
