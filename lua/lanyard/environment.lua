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

--- Returns HOME. A relative HOME counts as unset: settings, credentials and journals would be read from the current
--- directory, which anybody can have written.
---@return string? path  absolute
function M.home()
  local home = M.get "HOME"
  return home and home:sub(1, 1) == "/" and home or nil
end

--- Replaces a leading `~/` with the home folder. Without HOME, the path is returned unchanged.
---@param path string
---@return string path
function M.expand_home(path)
  local home = M.home()
  return home and (path:gsub("^~/", home:gsub("%%", "%%%%") .. "/")) or path
end

return M
