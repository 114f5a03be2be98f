--- Describes grants on the command line.

local grants = require "lanyard.access.grants"
local lazy = require "lanyard.lazy"
local timestamp = require "lanyard.text.timestamp"

local failures = lazy "lanyard.report.failures"
local statements = lazy "lanyard.access.statements"

local M = {}

--- Returns for people " until TIMESTAMP", " (expired TIMESTAMP)", or "" for a grant that does not expire.
---@param at? number   seconds since 1970
---@param now number
---@return string
function M.expiry(at, now)
  if not at then
    return ""
  end
  return (at > now and " until %s" or " (expired %s)"):format(timestamp.shown(at))
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

-- Why the grants of a role are not all known | nil
local function reason_unknown(region, unread, list_err)
  local reasons = {}
  for i, one in ipairs(unread) do
    reasons[i] = tostring(one.err)
  end
  return list_err and tostring(list_err) or failures.unread(reasons, region.name)
end

--- What `lanyard status` shows of the grants of a role.
---@class cli.RoleGrants
---@field names string[]                     of the repositories that grant the role
---@field expires table<string, string>      timestamps by repository
---@field decisions table<string, string>    by repository, see access.Grant
---@field by_registry? string[]              repositories that only the registry policy lets the role pull from
---@field unknown? string                    why further grants may exist
---@field shown string                       the same as a text

--- Returns the grants of a role.
---@param region access.Region
---@param role_arn? string
---@param index access.GrantIndex  of the policies; empty if they could not be listed
---@param list_err? aws.Error  why they could not be listed
---@return cli.RoleGrants
function M.of_role(region, role_arn, index, list_err)
  local found = { names = {}, expires = {}, decisions = {}, shown = "-" }
  if not role_arn then
    return found
  end
  local list, unread = grants.grants_of(region, role_arn, index)
  local now, shown = region.clock.time(), {}
  for i, grant in ipairs(list) do
    local name, at = grant.repository.name, grants.expiry_of(grant)
    found.names[i], shown[i] = name, name .. M.expiry(at, now) .. M.doubt(grant, now)
    found.expires[name] = at and timestamp.format(at) or nil
    found.decisions[name] = grant.decision
  end
  local by_registry = grants.registry_grants_of(region, role_arn, index.policies)
  if #by_registry > 0 then
    found.by_registry = by_registry
    shown[#shown + 1] = ("registry policy (%s)"):format(table.concat(by_registry, ", "))
  end
  found.unknown = reason_unknown(region, unread, list_err)
  if #shown > 0 and #unread > 0 then
    shown[#shown + 1] = ("and %d could not be read"):format(#unread)
  end
  if #shown > 0 then
    found.shown = table.concat(shown, ", ")
  elseif found.unknown then
    found.shown = "(unknown)"
  end
  return found
end

return M
