--- Checks the types of options that a script gives, so that a wrong one is an error of the script at its line.
---
---     option_types.check(options, option_types.CLIENT, 3)

local lists = require "lanyard.lists"

local M = {}

local function of_type(name)
  return function(value) return type(value) == name end
end

local function is_callable(value)
  local meta = getmetatable(value)
  return type(value) == "function" or type(meta) == "table" and meta.__call ~= nil
end

local KINDS = {
  ["a string"] = of_type "string",
  ["a table"] = of_type "table",
  ["a function"] = is_callable,
  ["a number of seconds"] = function(value) return type(value) == "number" and value >= 0 end,
  ["a whole number of at least 1"] = function(value) return math.type(value) == "integer" and value >= 1 end,
  ["credentials of lanyard.credentials"] = of_type "userdata",
}

local function kinds(types)
  local by_name = {}
  for kind, names in pairs(types) do
    for name in names:gmatch "%S+" do
      by_name[name] = kind
    end
  end
  return by_name
end

--- The options of sessions that no setting checks (lanyard.aws.settings).
M.SESSION = kinds {
  ["a string"] = "profile endpoint_url ca_bundle app_id",
  ["a table"] = "labels clock",
  ["a function"] = "debug on_retry ask transport",
  ["a number of seconds"] = "connect_timeout timeout",
  ["credentials of lanyard.credentials"] = "credentials",
}

--- The options of clients.
M.CLIENT = kinds {
  ["a string"] = "ca_bundle app_id",
  ["a table"] = "clock",
  ["a function"] = "debug on_retry transport permit",
  ["a number of seconds"] = "connect_timeout timeout longest_delay",
  ["a whole number of at least 1"] = "max_attempts max_size",
}

--- The options of waits.
M.WAIT = kinds { ["a number of seconds"] = "timeout" }

--- Raises an error for options that are not a table, or for an option of another type.
---@param options any
---@param types table<string, string>
---@param level integer  of the caller whose options they are
function M.check(options, types, level)
  if options == nil then
    return
  elseif type(options) ~= "table" then
    error(("the options are a %s; a table was expected"):format(type(options)), level + 1)
  end
  for _, name in ipairs(lists.sorted_names(types)) do
    local value, kind = options[name], types[name]
    if value ~= nil and not KINDS[kind](value) then
      local shown = type(value) == "number" and tostring(value) or "a " .. type(value)
      error(("the option '%s' is %s; %s was expected"):format(name, shown, kind), level + 1)
    end
  end
end

return M
