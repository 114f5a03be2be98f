--- The expressions of paginators and waiters in AWS's models: JMESPath, where names and paths are the usual case.
---
---     local get = assert(expression.compile "DistributionList.NextMarker")
---     get(reply)   --> a value, or nil

local errors = require "lanyard.errors"
local json = require "lanyard.json"

local M = {}

local function path_getter(text)
  local names = {}
  for name in text:gmatch "[^.]+" do
    names[#names + 1] = name
  end
  return function(value)
    for _, name in ipairs(names) do
      if type(value) ~= "table" or json.is_array(value) then
        return nil
      end
      value = value[name]
    end
    if value == json.null then
      return nil
    end
    return value
  end
end

-- Functions do not accept members that are missing, such as length(Images). Then there is no value.
local function query_getter(query)
  return function(value)
    local found, err = query:search(value)
    if found == json.null or err and err.kind == "invalid-type" then
      return nil
    end
    return found, err
  end
end

--- Compiles an expression.
---@param text string
---@param what string  names the expression in the error
---@return (fun(value: table): any, lanyard.Error?)? get  returns nil for null
---@return lanyard.Error? err  code "InvalidModel"
function M.compile(text, what)
  if type(text) ~= "string" then
    return nil, errors.new { code = "InvalidModel", message = ("%s is a %s, not a query"):format(what, type(text)) }
  elseif text:find "^[%a_][%w_]*$" or text:find "^[%a_][%w_.]*[%w_]$" and not text:find("..", 1, true) then
    return path_getter(text)
  end
  -- Loaded here, because the paginators of described services have names only.
  local query, err = require("lanyard.text.jmespath").compile(text)
  if not query then
    return nil, errors.new {
      code = "InvalidModel", message = ("%s, '%s', cannot be read: %s"):format(what, text, err.message),
    }
  end
  return query_getter(query)
end

return M
