--- Reads a table from a .lua or .json file: a seed or a fault plan.
---
---     local seed, err = data_file.read "seed.lua"

local errors = require "lanyard.errors"
local json = require "lanyard.json"
local sandbox = require "lanyard.sandbox"
local system = require "lanyard.system"

local M = {}

-- A seed can have tens of thousands of repositories.
local LIMITS = { steps = 1e10, memory = 1 << 30, seconds = 20 }

local function read_lua(text, path)
  local value, err = sandbox.value(text, path, LIMITS)
  return value, err and err.message
end

local function read_json(text, path)
  local value, err = json.decode(text)
  return value, err and ("%s: %s"):format(path, err.message)
end

--- Returns the table that a Lua file returns, run in a sandbox, or that a JSON file contains.
---@param path string
---@return table? value
---@return lanyard.Error? err
function M.read(path)
  local text, err = system.read_file(path)
  if not text then
    return nil, err
  end
  local value, message = (path:find "%.lua$" and read_lua or read_json)(text, path)
  if message or type(value) ~= "table" then
    return nil, errors.new { code = "InvalidFile", message = message or path .. " does not contain a table" }
  end
  return value
end

return M
