--- Describes grants on the command line.

local grants = require "lanyard.access.grants"
local statements = require "lanyard.access.statements"
local timestamp = require "lanyard.text.timestamp"

local M = {}

--- Returns " until TIMESTAMP", " (expired TIMESTAMP)", or "" for a grant that does not expire.
---@param at? number   seconds since 1970
---@param now number
---@return string
function M.expiry(at, now)
  if not at then
    return ""
  end
  return (at > now and " until %s" or " (expired %s)"):format(timestamp.format(at))
end

local DOUBTS = { depends = " (conditional)", partial = " (one of two actions)", deny = " (no pull)" }

--- Returns why a grant may not be enough for a pull, as " (denied)", or "". An expired grant is described by `expiry`.
---@param grant access.Grant
---@param now number
---@return string
function M.doubt(grant, now)
  local at = grants.expiry_of(grant)
  if at and at <= now then
    return ""
  end
  return grant.denied and " (denied)" or DOUBTS[grant.decision] or ""
end

--- Returns a row for each grant: repository, statements.
---@param list access.Grant[]
---@param now number
---@return string[][]
function M.rows(list, now)
  local rows = {}
  for i, grant in ipairs(list) do
    local labels = {}
    for j, statement in ipairs(grant.statements) do
      labels[j] = statements.label(statement) .. M.expiry(statement.expires, now)
    end
    rows[i] = { grant.repository.name, table.concat(labels, ", ") }
  end
  return rows
end

return M
