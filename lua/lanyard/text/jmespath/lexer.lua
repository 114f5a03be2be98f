--- Splits a JMESPath expression into tokens.
---
---     local tokens = lexer.tokens "people[?age > `30`].name"
---
--- The grammar is the one of https://jmespath.org/specification.html. The scan takes time in proportion to the length.

local failure = require "lanyard.text.jmespath.failure"
local json = require "lanyard.json"

local M = {}

---@class jmespath.Token
---@field kind string    "name", "quoted", "literal", "number", "end", or the text of an operator
---@field at integer     the byte at which it begins
---@field value? any     of a name, a quoted name, a literal or a number
---@field text string    as it is written

-- Operators, longest first for each first character.
local OPERATORS = {
  ["["] = { "[?", "[]", "[" }, ["]"] = { "]" }, ["{"] = { "{" }, ["}"] = { "}" }, ["("] = { "(" }, [")"] = { ")" },
  ["."] = { "." }, ["*"] = { "*" }, ["@"] = { "@" }, [","] = { "," }, [":"] = { ":" },
  ["|"] = { "||", "|" }, ["&"] = { "&&", "&" }, ["!"] = { "!=", "!" },
  ["<"] = { "<=", "<" }, [">"] = { ">=", ">" }, ["="] = { "==" },
}

local NAMES = { ['"'] = "quoted name", ["'"] = "raw string", ["`"] = "literal" }

-- Returns the text between the delimiter at `at` and its end, and the position after it. A backslash protects the
-- character after it.
local function delimited(source, at)
  local delimiter = source:sub(at, at)
  local stops, position = ("[\\%s]"):format(delimiter), at + 1
  while true do
    local found = source:find(stops, position)
    if not found then
      failure.syntax(at, "the %s has no closing %s", NAMES[delimiter], delimiter)
    elseif source:sub(found, found) == delimiter then
      return source:sub(at + 1, found - 1), found + 1
    end
    position = found + 2
  end
end

-- What is wrong with a text that is not JSON.
local function reason(err)
  return (err.message:gsub("^line %d+, column %d+: ", ""))
end

local function quoted(source, at)
  local text, after = delimited(source, at)
  local value, err = json.decode(('"%s"'):format(text))
  if value == nil then
    failure.syntax(at, "the quoted name is not a JSON string: %s", reason(err))
  end
  return { kind = "quoted", value = value }, after
end

local function raw_string(source, at)
  local text, after = delimited(source, at)
  return { kind = "literal", value = (text:gsub("\\'", "'")) }, after
end

-- A literal is JSON. Text that does not begin as JSON is a string: the first version of the language had such literals,
-- and queries for the AWS CLI still use them: [?state==`running`].
local function literal(source, at)
  local text, after = delimited(source, at)
  text = text:gsub("\\`", "`"):gsub("^%s+", "")
  local value, err = json.decode(text)
  if value == nil then
    if text:find '^[%[{"]' or tonumber(text) then
      failure.syntax(at, "the literal is not JSON: %s", reason(err))
    end
    value = json.decode(('"%s"'):format(text))
    if value == nil then
      failure.syntax(at, "the literal is not JSON: %s", reason(err))
    end
  end
  return { kind = "literal", value = value }, after
end

local DELIMITED = { ['"'] = quoted, ["'"] = raw_string, ["`"] = literal }

local function operator(source, at)
  for _, text in ipairs(OPERATORS[source:sub(at, at)] or {}) do
    if source:sub(at, at + #text - 1) == text then
      return { kind = text }, at + #text
    end
  end
  local found = source:match(utf8.charpattern, at)
  if found == "=" then
    failure.syntax(at, "'=' is not an operator: write '=='")
  end
  failure.syntax(at, "unexpected character '%s'", found)
end

local function token_at(source, at)
  local text = source:match("^[%a_][%w_]*", at)
  if text then
    return { kind = "name", value = text }, at + #text
  end
  text = source:match("^%-?%d+", at)
  if text then
    -- A number beyond 64 bits is beyond every list, as the greatest one of 64 bits.
    local value = math.tointeger(tonumber(text)) or (text:sub(1, 1) == "-" and math.mininteger or math.maxinteger)
    return { kind = "number", value = value }, at + #text
  end
  local read = DELIMITED[source:sub(at, at)]
  if read then
    return read(source, at)
  end
  return operator(source, at)
end

--- Returns the tokens of an expression; the last has the kind "end". Raises a failure of lanyard.text.jmespath.failure.
---@param source string
---@return jmespath.Token[]
function M.tokens(source)
  local tokens, at = {}, 1
  while true do
    at = source:find("[^ \t\r\n]", at) or #source + 1
    if at > #source then
      tokens[#tokens + 1] = { kind = "end", at = at, text = "" }
      return tokens
    end
    local token, after = token_at(source, at)
    token.at, token.text = at, source:sub(at, after - 1)
    tokens[#tokens + 1] = token
    at = after
  end
end

return M
