--- Reads environment variables the way the AWS CLI does.
---
---     local environment = require "lanyard.environment"
---     local region = environment.get "AWS_REGION"
---     local path = environment.expand_path "$HOME/.aws/config"

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

--- Expands a leading `~/` and variables ($NAME, ${NAME}) of a path, as the AWS CLI does. A variable or a home folder
--- that is not known is not left in the path, which would then be below the current directory: anybody can have written
--- that.
---@param path string
---@return string? path
---@return string? message  why the path cannot be expanded
function M.expand_path(path)
  local missing
  local function value(name)
    local found = name == "HOME" and M.home() or name ~= "HOME" and M.get(name) or nil
    missing = missing or not found and name or nil
    return found
  end
  local expanded = path:gsub("%$(%b{})", function(name) return value(name:sub(2, -2)) end)
    :gsub("%$([%a_][%w_]*)", value)
  if expanded == "~" or expanded:find "^~/" then
    expanded = (value "HOME" or "") .. expanded:sub(2)
  elseif expanded:find "^~" then
    return nil, "the home folder of another user is not looked up: write the whole path"
  end
  if missing then
    return nil, missing == "HOME" and "HOME is not an absolute path" or missing .. " is not set"
  end
  return expanded
end

return M
