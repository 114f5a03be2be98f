--- One mute of a rules file: when it expires and which findings it matches.

local match = require "lanyard.match"
local timestamp = require "lanyard.text.timestamp"

local M = {}

--- A mute of a rules file.
---@class rules.Mute
---@field finding string   the id of the findings that it mutes
---@field reason string
---@field location string  where the rules file defines it, as FILE:LINE
---@field ends? string     the date or time at which it expires
---@field account? string  a glob, as are region, repository, service, principal, statement and message

-- The fields of a finding that a mute can restrict by a glob.
local GLOBS = { "account", "region", "repository", "service", "principal", "statement", "message" }

--- Returns when a mute expires: at the beginning of a day in UTC, or at a time.
---@param mute rules.Mute
---@return integer? seconds  since 1970; nil when `ends` is not a date
function M.deadline(mute)
  return timestamp.parse(mute.ends) or timestamp.parse(mute.ends .. "T00:00:00Z")
end

--- Reports whether a mute has expired at the time of a report.
---@param mute rules.Mute
---@param report audit.Report
---@return boolean
function M.has_expired(mute, report)
  return mute.ends ~= nil and M.deadline(mute) <= timestamp.parse(report.time)
end

--- Reports whether a mute matches a finding.
---@param mute rules.Mute
---@param finding audit.Finding
---@return boolean
function M.matches(mute, finding)
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

--- Returns a key for a mute that does not depend on where in the file it is.
---@param mute rules.Mute
---@return string
function M.key(mute)
  local parts = { "expired-mute", mute.finding, mute.ends }
  for _, name in ipairs(GLOBS) do
    parts[#parts + 1] = mute[name] and ("%s=%s"):format(name, mute[name]) or nil
  end
  return table.concat(parts, "|")
end

return M
