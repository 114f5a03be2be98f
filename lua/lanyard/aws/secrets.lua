--- Finds the secrets of a request: its sealed members, the values of a container's environment, and what a model marks
--- as sensitive, in a request or a reply. Older models do not mark all: MasterUserPassword of RDS is known by its name.

local credentials_core = require "lanyard.credentials"
local crypto = require "lanyard.crypto"
local json = require "lanyard.json"
local lazy = require "lanyard.lazy"

local secret_fields = lazy "lanyard.text.secret_fields"

local M = {}

--- The minimum length of a secret that is searched for: "80" or "true" occur in many texts.
M.SHORTEST = 6

local SHORTEST = M.SHORTEST

local DEEPEST = 200 -- more than a request can have; a table can contain itself

-- Adds a text to secrets. `found.whole` has the ones of which lanyard.text.secret_fields would hide a part only, such
-- as the password of a URL: a log must hide them first.
local function add(text, found)
  local secret = credentials_core.secret(text)
  found[#found + 1] = secret
  if secret_fields.hide(text) ~= text then
    found.whole = found.whole or {}
    table.insert(found.whole, secret)
  end
end

-- Adds a value, and each of its lines, since logs contain them one by one.
local function add_value(text, found)
  if #text >= SHORTEST then
    add(text, found)
  end
  for line in text:gmatch(text:find "[\r\n]" and "[^\r\n]+" or "^$") do
    if #line >= SHORTEST then
      add(line, found)
    end
  end
end

local function is_secret(value)
  local class = type(value) == "userdata" and getmetatable(value)
  return type(class) == "table" and class.__name == "lanyard.secret"
end

--- Returns the secrets of an input as sealed secrets.
---@param input table
---@param found? userdata[]  a list to append to
---@param depth? integer       of the input in what is sent
---@return userdata[]
function M.of(input, found, depth)
  found, depth = found or {}, depth or 0
  for name, value in pairs(input) do
    if is_secret(value) then
      found[#found + 1] = value
    elseif type(value) == "table" and value ~= json.null and depth < DEEPEST then
      M.of(value, found, depth + 1)
      for _, text in pairs(name == "environment" and value or {}) do
        if type(text) == "string" then
          add_value(text, found)
        end
      end
    end
  end
  return found
end

-- ---------------------------------------------------------------------------------------------
-- Sensitive members

local XML = { ["&"] = "&amp;", ["<"] = "&lt;", [">"] = "&gt;" }

-- Adds a text in all forms that a request or a reply can have it in: to `found`, or, if it is short, to `short`.
local function add_forms(text, found, short)
  local forms = {
    text, json.encode(utf8.len(text) and text or ""):sub(2, -2), (text:gsub("[&<>]", XML)), crypto.base64(text),
    (text:gsub("[^%w%-._~]", function(c) return ("%%%02X"):format(c:byte()) end)),
  }
  local added = #text < SHORTEST and (short or {}) or {}
  for _, form in ipairs(forms) do
    if form ~= "" and not added[form] then
      added[form] = true
      if #text >= SHORTEST then
        add(form, found)
      end
    end
  end
end

local function copy_of(value)
  local copy = {}
  for name, member in pairs(value) do
    copy[name] = member
  end
  return setmetatable(copy, getmetatable(value))
end

-- Calls leaf(text) for each sensitive text and number, and returns a copy with the results in their places. A part that
-- has nothing sensitive is not copied. `shape` is nil for what no model describes, and `by_name` whether a name marks a
-- member, too.
local function replace(shape, value, sensitive, leaf, by_name)
  sensitive = sensitive or shape ~= nil and shape.sensitive == true
  if type(value) ~= "table" or value == json.null then
    local is_leaf = sensitive and (type(value) == "string" and value ~= "" or type(value) == "number")
    return is_leaf and leaf(tostring(value)) or value
  end
  local copy
  for name, member in pairs(value) do
    local of_member = shape and (shape.by_name and shape.by_name[name] or shape.item or shape.value)
    local is_marked = sensitive
      or by_name and type(name) == "string" and type(member) ~= "table" and secret_fields.is_secret(name)
    local replaced = (of_member or is_marked) and replace(of_member, member, is_marked, leaf, by_name)
    if (of_member or is_marked) and replaced ~= member then
      copy = copy or copy_of(value)
      copy[name] = replaced
    end
  end
  return copy or value
end

--- Returns what a model or a name marks as sensitive in a value, as sealed secrets, in the forms of the wire. Short
--- ones, which no text is searched for, are added to `short` instead (lanyard.aws.short_secrets).
---@param shape? model.Shape
---@param value any
---@param found? userdata[]  a list to append to
---@param short? table<string, boolean>  a set to add to
---@return userdata[]
function M.of_shape(shape, value, found, short)
  found = found or {}
  replace(shape, value, false, function(text)
    add_forms(text, found, short)
    return nil
  end, true)
  return found
end

--- Returns the texts of members with these names, as sealed secrets, in the forms that they have on the wire.
---@param names table<string, boolean>
---@param value any
---@param found userdata[]  a list to append to
---@param short? table<string, boolean>  a set to add short ones to
---@return userdata[]
function M.of_members(names, value, found, short)
  for name, member in pairs(type(value) == "table" and value or {}) do
    if names[name] and type(member) == "string" then
      add_forms(member, found, short)
    end
    M.of_members(names, member, found, short)
  end
  return found
end

--- Returns a value with sealed secrets in place of the texts that a model marks as sensitive.
---@param shape? model.Shape
---@param value any
---@return any
function M.seal(shape, value)
  return replace(shape, value, false, credentials_core.secret)
end

--- Returns a value with *** in place of what a model or a name marks as sensitive, for logs, errors and the journal.
---@param shape? model.Shape
---@param value any
---@return any
function M.hide(shape, value)
  return replace(shape, value, false, function() return "***" end, true)
end

return M
