-- The secrets of a request: what is sealed in it, and the values of a container's environment.

local credentials_core = require "lanyard.credentials"

local M = {}

-- The shortest value of an environment that is taken for a secret: "80" or "true" stand in many a text.
local SHORTEST = 6

-- A value, and each of its lines, for they are logged one by one.
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

-- of(input [, found]) --> list of sealed secrets, appended to `found`
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
