--- Renders Lua values for people: tables with sorted keys, on one line where they fit.
---
---     print(pretty.render { name = "web", tags = { "1", "2" } })   --> { name = "web", tags = { "1", "2" } }
---
--- Texts are quoted and safe to print. A table inside itself is shown as <cycle>, and a value with its own text
--- (__tostring), such as an error or a policy, as this text. The tables in an object, whose metatable has methods, are
--- not shown.

local escape = require "lanyard.text.escape"
local json = require "lanyard.json"
local width_of = require("lanyard.text.width").of

local M = {}

local WIDTH, DEPTH, ITEMS = 100, 12, 1000

local KEYWORDS = {}
for word in ("and break do else elseif end false for function goto if in local nil not or repeat return then true "
  .. "until while"):gmatch "%S+" do
  KEYWORDS[word] = true
end

local ORDER = { number = 1, string = 2, boolean = 3 }

local function before(a, b)
  local kind_a, kind_b = ORDER[type(a)] or 4, ORDER[type(b)] or 4
  if kind_a ~= kind_b then
    return kind_a < kind_b
  elseif kind_a <= 2 then
    return a < b
  end
  return tostring(a) < tostring(b)
end

-- The escapes of quotes and backslashes come first: the ones of escape.lines stand for single characters.
local function quoted(text)
  text = text:gsub('[\\"]', "\\%0"):gsub("\n", "\\n"):gsub("\t", "\\t"):gsub("\r", "\\r")
  return '"' .. escape.lines(text) .. '"'
end

local function has_text(value)
  local meta = getmetatable(value)
  return type(meta) == "table" and rawget(meta, "__tostring") ~= nil
end

local function is_object(value)
  local meta = getmetatable(value)
  return type(meta) == "table" and rawget(meta, "__index") ~= nil
end

local render

local function key_of(key, state)
  if type(key) == "string" and key:find "^[%a_][%w_]*$" and not KEYWORDS[key] then
    return key
  end
  return "[" .. render(key, state, 0) .. "]"
end

-- The items of a table: first its list, without keys, then the other members in order.
local function items_of(value, state, indent)
  local items, count = {}, rawlen(value)
  local function add(text)
    items[#items + 1] = text
    return #items < ITEMS
  end
  for i = 1, count do
    if not add(render(rawget(value, i), state, indent + 2)) then break end
  end
  local keys = {}
  for key in next, value do
    if not (math.type(key) == "integer" and key >= 1 and key <= count) then
      keys[#keys + 1] = key
    end
  end
  table.sort(keys, before)
  for _, key in ipairs(keys) do
    if not add(key_of(key, state) .. " = " .. render(rawget(value, key), state, indent + 2)) then break end
  end
  local rest = count + #keys - #items
  items[#items + 1] = rest > 0 and ("... %d more"):format(rest) or nil
  return items
end

local function render_table(value, state, indent)
  if state.open[value] then
    return "<cycle>"
  elseif next(value) == nil then
    return "{}"
  elseif indent > 2 * DEPTH then
    return "{ ... }"
  end
  if state.within_object then
    return "{ ... }"
  end
  state.open[value], state.within_object = true, is_object(value)
  local items = items_of(value, state, indent)
  state.open[value], state.within_object = nil, false
  local line = "{ " .. table.concat(items, ", ") .. " }"
  if indent + width_of(line) <= state.width and not line:find("\n", 1, true) then
    return line
  end
  local margin = "\n" .. (" "):rep(indent + 2)
  return "{" .. margin .. table.concat(items, "," .. margin) .. ",\n" .. (" "):rep(indent) .. "}"
end

function render(value, state, indent)
  if type(value) == "string" then
    return quoted(value)
  elseif type(value) == "table" and not has_text(value) then
    return render_table(value, state, indent)
  elseif value == json.null then
    return "json.null"
  elseif type(value) == "number" or value == nil or type(value) == "boolean" then
    return tostring(value)
  end
  return escape.lines(tostring(value))
end

--- Returns a value as text.
---@param value any
---@param width? integer  columns; 100 by default
---@return string
function M.render(value, width)
  return render(value, { open = {}, width = width or WIDTH }, 0)
end

return M
