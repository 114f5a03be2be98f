--- Lists the deployments of a service with what each one changed.
---
---     for _, entry in ipairs(assert(region:deployment_history "web")) do
---       print(entry.deployment.version, table.concat(entry.changes or {}, "; "))
---     end

local changes = require "lanyard.access.deployment.changes"
local deployments = require "lanyard.access.deployment.list"
local record = require "lanyard.access.deployment.record"

local M = {}

--- A deployment among the others of its service.
---@class access.deployment.Entry
---@field deployment access.Deployment
---@field age number          seconds since it was created
---@field changes? string[]   what differs from the version before, without values of variables; nil: that version is
---  not listed
---@field references? access.deployment.Origin[]  where its variables came from, as far as this machine knows

--- Returns the deployments of a service, newest first.
---@param region access.Region
---@param name string
---@return access.deployment.Entry[]? entries
---@return aws.Error? err
function M.read(region, name)
  local list, err = deployments.list(region, name)
  if not list then
    return nil, err
  end
  local origins, entries = record.origins(region, name), {}
  for i, deployment in ipairs(list) do
    local before = list[i + 1]
    entries[i] = {
      deployment = deployment,
      age = math.max(0, region:time() - deployment.created),
      changes = (before or deployment.version == 1) and changes.between(before and before.request, deployment.request)
        or nil,
      references = origins[deployment.version],
    }
  end
  return entries
end

return M
