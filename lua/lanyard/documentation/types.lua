--- Reads type expressions of annotations: `fun(a: string): integer?`, `{ name: string, size?: integer }[]`.
---
---     types.scan "string[]  names of repositories"   --> "string[]", "names of repositories"

local M = {}

-- What closes a bracket, for %b patterns.
local BALANCED = { ["("] = "^%b()", ["{"] = "^%b{}", ["["] = "^%b[]" }

local scan_union

-- Returns the position after the list of types that a function returns.
local function after_returns(text, position)
  while true do
    position = text:match("^[%a_][%w_]*:%s*()", position) or position
    local after = scan_union(text, position)
    if not after then
      return nil
    end
    position = text:match("^,%s*()[%a_\"'{(]", after)
    if not position then
      return after
    end
  end
end

local function after_function(text, position)
  local after = text:match("^fun%s*%b()()", position)
  local returns = after and text:match("^%s*:%s*()", after)
  return returns and after_returns(text, returns) or after or text:match("^fun()%f[^%w_]", position)
end

local function after_primary(text, position)
  local c = text:sub(position, position)
  if c == '"' or c == "'" or c == "`" then
    return text:match("^" .. c .. "[^" .. c .. "]*" .. c .. "()", position)
  elseif BALANCED[c] then
    return text:match(BALANCED[c] .. "()", position)
  elseif text:find("^fun%f[^%w_]", position) then
    return after_function(text, position)
  elseif text:find("^%.%.%.", position) then
    return position + 3
  end
  local after = text:match("^%-?%d[%w.]*()", position) or text:match("^[%a_][%w_.]*()", position)
  return after and (text:match("^%b<>()", after) or after)
end

-- Returns the position after a type with its suffixes, and after the alternatives that follow it.
function scan_union(text, position)
  while true do
    local after = after_primary(text, position)
    while after do
      local suffix = text:match("^%[%]()", after) or text:match("^%?()", after)
      if not suffix then
        break
      end
      after = suffix
    end
    local bar = after and text:match("^%s*|%s*()", after)
    if not bar then
      return after
    end
    position = bar
  end
end

--- Splits a text into the type at its beginning and the rest.
---@param text string
---@return string? type  nil if the text does not begin with a type
---@return string rest   without white space around it
function M.scan(text)
  local first = text:match "^%s*()"
  local after = scan_union(text, first)
  if not after then
    return nil, text
  end
  return text:sub(first, after - 1), text:sub(after):match "^%s*(.-)%s*$"
end

--- Splits the parameters of a function type: "(a: string, b?: integer)".
---@param text string  with its parentheses
---@return { name: string, type: string, optional: boolean }[]
function M.parameters(text)
  local list, position = {}, 2
  while true do
    local name, mark, after = text:match("^%s*([%w_.]+)(%??)()", position)
    if not name then
      return list
    end
    local start = text:match("^%s*:%s*()", after)
    local ended = start and scan_union(text, start) or after
    list[#list + 1] = {
      name = name, type = start and text:sub(start, ended - 1) or "any", optional = mark == "?",
    }
    position = text:match("^%s*,()", ended) or #text + 1
  end
end

--- Splits a function type into its parameters and the types that it returns.
---@param text string  "fun(text: string): integer?, lanyard.Error?"
---@return { name: string, type: string, optional: boolean }[]? parameters  nil if the type is not a function
---@return string[] returns
function M.fun(text)
  local inside, rest = text:match "^fun%s*(%b())%s*(.*)$"
  if not inside or rest ~= "" and not rest:find "^:" then
    return nil, {}
  end
  local returns, position = {}, rest:match "^:%s*()"
  while position do
    position = rest:match("^[%a_][%w_]*:%s*()", position) or position
    local after = scan_union(rest, position)
    returns[#returns + 1] = after and rest:sub(position, after - 1)
    position = after and rest:match("^,%s*()", after)
  end
  return M.parameters(inside), returns
end

-- Types that need no definition.
local BUILT_IN = {}
for name in ([[any nil boolean true false string integer number table function userdata thread lightuserdata self
  unknown]]):gmatch "%S+" do
  BUILT_IN[name] = true
end

--- Returns the names of classes and aliases in a type, in their order, once each.
---@param text string
---@return string[]
function M.names(text)
  local found, seen = {}, {}
  local plain = text:gsub("'[^']*'", " "):gsub('"[^"]*"', " "):gsub("`[^`]*`", " ")
  plain = plain:gsub("%f[%w_]fun%f[^%w_]", " "):gsub("[%w_.]+%??%s*:", " ")
  for name in plain:gmatch "%f[%w_.][%a_][%w_.]*" do
    if not BUILT_IN[name] and not seen[name] then
      seen[name] = true
      found[#found + 1] = name
    end
  end
  return found
end

return M
