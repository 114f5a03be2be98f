--- Encodes and decodes JSON that contains sealed secrets (lanyard.credentials). A secret never becomes a Lua string.
---
---     local fields = sealed_json.decode(secret, { "refreshToken" })  --> { user = "ann", refreshToken = secret }
---     sealed_json.encode(fields)                                     --> a secret

local credentials = require "lanyard.credentials"
local json = require "lanyard.json"
local lists = require "lanyard.lists"

local M = {}

local HIDDEN = "***" -- represents a secret in the text that unseal() returns

local function is_secret(value)
  local class = type(value) == "userdata" and getmetatable(value)
  return class and class.__name == "lanyard.secret"
end

local DEEP = { deep = true }
local DEEPEST = 200 -- more than json.encode accepts: it reports a table that contains itself

local function holds_secret(value, depth)
  if type(value) ~= "table" or depth == DEEPEST then
    return is_secret(value)
  end
  for _, member in pairs(value) do
    if holds_secret(member, depth + 1) then
      return true
    end
  end
  return false
end

local function add_parts(parts, value)
  if is_secret(value) then
    table.move({ '"', value, '"' }, 1, 3, #parts + 1, parts)
    return
  elseif not holds_secret(value, 0) then
    parts[#parts + 1] = json.encode(value, DEEP)
    return
  end
  local is_list = json.is_array(value)
  local mark = is_list and "[" or "{"
  for _, name in ipairs(not is_list and lists.sorted_names(value) or value) do
    parts[#parts + 1] = mark .. (is_list and "" or json.encode(name) .. ":")
    add_parts(parts, is_list and name or value[name])
    mark = ","
  end
  parts[#parts + 1] = is_list and "]" or "}"
end

--- Encodes a value. The result is a secret if the value contains one.
---@param value any
---@return string|userdata
function M.encode(value)
  if not holds_secret(value, 0) then
    return json.encode(value, DEEP)
  end
  local parts = {}
  add_parts(parts, value)
  return credentials.join(parts, "json")
end

-- Puts sealed values where the text has *** for them, and removes null.
local function restore_sealed(value, secrets)
  for name, member in pairs(value) do
    if type(member) == "table" then
      restore_sealed(member, secrets)
    elseif member == HIDDEN or member == json.null then
      value[name] = secrets[name]
    end
  end
  return value
end

--- Decodes a sealed JSON object. Members with the given names are sealed; members that are null are left out.
---@param secret userdata
---@param names string[]
---@return table? value  nil if the text is not a JSON object
function M.decode(secret, names)
  local text, secrets = secret:unseal(names, "json")
  local value = text and json.decode(text)
  return type(value) == "table" and not json.is_array(value) and restore_sealed(value, secrets) or nil
end

return M
