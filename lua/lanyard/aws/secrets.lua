--- Finds the secrets of a request: its sealed members, and the values of a container's environment.

local credentials_core = require "lanyard.credentials"

local M = {}

-- The minimum length of an environment value that counts as a secret: "80" or "true" occur in many texts.
local SHORTEST = 6

-- Adds a value, and each of its lines, since logs contain them one by one.
local function add_value(text, found)
  if #text >= SHORTEST then
    found[#found + 1] = credentials_core.secret(text)
  end
  for line in text:gmatch(text:find "[\r\n]" and "[^\r\n]+" or "^$") do
    if #line >= SHORTEST then
      found[#found + 1] = credentials_core.secret(line)
    end
  end
end

--- Returns the secrets of an input as sealed secrets.
---@param input table
---@param found? userdata[]  a list to append to
---@return userdata[]
function M.of(input, found)
  found = found or {}
  for name, value in pairs(input) do
    if type(value) == "userdata" then
      found[#found + 1] = value
    elseif type(value) == "table" then
      M.of(value, found)
      for _, text in pairs(name == "environment" and value or {}) do
        if type(text) == "string" then
          add_value(text, found)
        end
      end
    end
  end
  return found
end

return M
