--- Reads the container services and the repositories of a Region in parallel.
---
---     local services, repositories = inventory.read(region)

local task = require "lanyard.task"

local M = {}

--- Returns the services and the repositories of a Region.
---@param region access.Region
---@param list? fun(): table[]?, lanyard.Error?  lists the repositories; all repositories when absent
---@return table[]? services
---@return table[]|lanyard.Error repositories  the error when either call failed
function M.read(region, list)
  list = list or function() return region:repositories() end
  local services, services_err, repositories, repositories_err
  task.all {
    function() services, services_err = region:services() end,
    function() repositories, repositories_err = list() end,
  }
  if not services or not repositories then
    return nil, services_err or repositories_err
  end
  return services, repositories
end

return M
