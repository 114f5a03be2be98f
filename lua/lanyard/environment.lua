--- Reads environment variables the way the AWS CLI does.
---
---     local environment = require "lanyard.environment"
---     local region = environment.get "AWS_REGION"
---     local path = environment.expand_home "~/.aws/config"

local M = {}

--- Returns the value of an environment variable. An empty variable counts as unset.
---@param name string
---@return string? value
function M.get(name)
  local value = os.getenv(name)
  return value ~= "" and value or nil
end

--- Replaces a leading `~/` with the home folder. Without HOME, the path is returned unchanged.
---@param path string
---@return string path
function M.expand_home(path)
  local home = M.get "HOME"
  return home and (path:gsub("^~/", home:gsub("%%", "%%%%") .. "/")) or path
end

return M
