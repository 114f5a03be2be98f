-- The services and the repositories of an account's Region, read side by side.

local task = require "lanyard.task"

local M = {}

-- read(region, list) --> services, repositories | nil, err. list() gives the repositories; all, unless given
function M.read(region, list)
  local services, services_err, repositories, repositories_err
  task.all {
    function() services, services_err = region:services() end,
    function()
      if list then
        repositories, repositories_err = list()
      else
        repositories, repositories_err = region:repositories()
      end
    end,
  }
  if not services or not repositories then
    return nil, services_err or repositories_err
  end
  return services, repositories
end

return M
