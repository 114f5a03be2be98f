-- JSON with sealed secrets in it (see lanyard.credentials): what is secret never is a Lua string.
--
--   local fields = sealed_json.decode(secret, { "refreshToken" })  --> { user = "ann", refreshToken = secret }
--   sealed_json.encode(fields)                                     --> a secret

local credentials = require "lanyard.credentials"
local json = require "lanyard.json"
local lists = require "lanyard.lists"

local M = {}

local HIDDEN = "***" -- what unseal() leaves in the place of a secret

local function is_secret(value)
  local class = type(value) == "userdata" and getmetatable(value)
  return class and class.__name == "lanyard.secret"
end

local function holds_secret(value)
  if type(value) ~= "table" then
    return is_secret(value)
  end
  for _, member in pairs(value) do
    if holds_secret(member) then
      return true
    end
  end
  return false
end

local function add_parts(parts, value)
  if is_secret(value) then
    table.move({ '"', value, '"' }, 1, 3, #parts + 1, parts)
    return
  elseif not holds_secret(value) then
    parts[#parts + 1] = json.encode(value)
    return
  end
  local mark = "{"
  for _, name in ipairs(lists.sorted_names(value)) do
    parts[#parts + 1] = mark .. json.encode(name) .. ":"
    add_parts(parts, value[name])
    mark = ","
  end
  parts[#parts + 1] = "}"
end

-- encode(value) --> text, or a secret where a member of it, or of an object in it, is one
function M.encode(value)
  local parts = {}
  add_parts(parts, value)
  return #parts == 1 and parts[1] or credentials.join(parts, "json")
end

-- Puts the sealed values where the text had *** for them. What is null is absent.
local function put_back(value, secrets)
  for name, member in pairs(value) do
    if type(member) == "table" then
      put_back(member, secrets)
    elseif member == HIDDEN or member == json.null then
      value[name] = secrets[name]
    end
  end
  return value
end

-- decode(secret, names) --> a table, the members of these names sealed, those that are null left out
--   | nil where it is no object
function M.decode(secret, names)
  local text, secrets = secret:unseal(names, "json")
  local value = text and json.decode(text)
  return type(value) == "table" and not json.is_array(value) and put_back(value, secrets) or nil
end

return M
