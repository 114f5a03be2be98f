--- The library for scripts. Each module is loaded at its first use:
---
---     local lanyard = require "lanyard"
---     local doc = lanyard.policy.new()
---     print(lanyard.text.shellwords.join { "echo", "two words" })
---
--- lanyard.modules lists the modules. `lanyard.NAME` is what `require "lanyard.NAME"` returns.

local lists = require "lanyard.lists"
local modules = require "lanyard.modules"
local suggest = require "lanyard.text.suggest"

-- The names of the fields of a door: of modules, and of folders such as text.
-- prefix: "" or the name of a folder with a dot
local function fields_of(prefix)
  local fields = {}
  for _, name in ipairs(modules) do
    if name:sub(1, #prefix) == prefix then
      fields[name:match("^[^.]+", #prefix + 1)] = true
    end
  end
  return fields
end

local function is_folder(name)
  return not lists.contains(modules, name) and next(fields_of(name .. ".")) ~= nil
end

local door

-- Loads a module, or opens the door of a folder. Raises an error for a name that is neither.
local function open(prefix, name, level)
  if type(name) == "string" and is_folder(prefix .. name) then
    return door(prefix .. name .. ".")
  end
  local module = ("lanyard.%s%s"):format(prefix, tostring(name))
  local ok, result = pcall(require, module)
  if ok then
    return result
  elseif type(result) ~= "string" or result:find(("module '%s' not found:"):format(module), 1, true) ~= 1 then
    error(result, 0)
  end
  local near = suggest(tostring(name), lists.sorted_names(fields_of(prefix)))
  error(("lanyard has no module '%s%s'%s"):format(prefix, tostring(name),
    near and (" (did you mean %s%s?)"):format(prefix, near) or " (lanyard help modules lists all)"), level + 1)
end

-- Returns a table whose fields are modules.
function door(prefix, fields)
  return setmetatable(fields or {}, {
    __index = function(self, name)
      local value = open(prefix, name, 2)
      rawset(self, name, value)
      return value
    end,
  })
end

return door("", { version = require "lanyard.version" })
