--- Parses the shorthand syntax of the AWS CLI.
---
---     shorthand.parse "Key=a,Values=b,c,Nested={x=[1,2]}"
---     --> { Key = "a", Values = { "b", "c" }, Nested = { x = { "1", "2" } } }
---
--- All scalars are strings: lanyard.awscli.values gives them the types of the model. A text with quotes inside, a comma
--- or a bracket can be quoted; a backslash keeps a comma. `key@=file://name` is the text of a file.
--- https://docs.aws.amazon.com/cli/latest/userguide/cli-usage-shorthand.html

local json = require "lanyard.json"

local M = {}

-- Characters of words that are not quoted. The second and later values of a list end at an equals sign, which makes
-- them the next key; a first value ends at a closing bracket, because it can be inside one.
local START = "[^%c \"',=%[{]"
local FIRST = "[^\"',%]}]"
local LATER = "[^\"',=]"

---@class awscli.Shorthand
---@field text string
---@field position integer
---@field resolve fun(text: string): any, string?
---@field has_file boolean   whether the key before the value ends in @
local Parser = {}
Parser.__index = Parser

-- ---------------------------------------------------------------------------------------------
-- Characters

local function current(self)
  return self.text:sub(self.position, self.position)
end

-- Ends the parse: a table is raised, which `parse` returns as a message.
local function fail(self, expected)
  local found = current(self)
  error({ message = ("column %d: %s expected, %s found"):format(self.position, expected,
    found == "" and "the end" or "'" .. found .. "'") })
end

local function skip_blanks(self)
  self.position = self.text:match("^%s*()", self.position)
end

local function expect(self, character)
  skip_blanks(self)
  if current(self) ~= character then
    fail(self, "'" .. character .. "'")
  end
  self.position = self.position + 1
  skip_blanks(self)
end

-- ---------------------------------------------------------------------------------------------
-- Words

-- Returns a word without quotes; nil without one. An escaped comma belongs to it, blanks at its end do not.
local function bare(self, follow)
  local position, start = self.position, self.position
  while true do
    if self.text:find("^\\,", position) then
      position = position + 2
    elseif self.text:find("^" .. (position == start and START or follow), position) then
      position = position + 1
    else
      break
    end
  end
  if position == start then
    return nil
  end
  self.position = position
  return (self.text:sub(start, position - 1):gsub("\\,", ","):gsub("%s+$", ""))
end

-- Returns the position of the quote that closes a text. A quote after a backslash does so only if no other one follows.
local function closing(self, quote)
  local position, last = self.position, nil
  repeat
    position = self.text:find(quote, position + 1, true)
    local is_escaped = position and position > self.position + 1 and self.text:sub(position - 1, position - 1) == "\\"
    last = is_escaped and position or last
  until not is_escaped
  return position or last
end

-- Returns a quoted text. A backslash keeps a quote and a backslash.
local function quoted(self)
  local quote = current(self)
  local at = closing(self, quote)
  if not at then
    self.position = #self.text + 1
    fail(self, "a closing " .. quote)
  end
  local text = self.text:sub(self.position + 1, at - 1)
  self.position = at + 1
  return (text:gsub("\\" .. quote, quote):gsub("\\\\", "\\"))
end

-- Returns a value that the file of a key with @ can replace.
local function resolved(self, text)
  if not self.has_file then
    return text
  end
  local value, message = self.resolve(text)
  if value == nil then
    error({ message = message })
  end
  return value
end

local function first_value(self)
  local is_quoted = current(self):find "^['\"]"
  return resolved(self, is_quoted and quoted(self) or bare(self, FIRST) or "")
end

-- ---------------------------------------------------------------------------------------------
-- Values

local explicit_value -- a value inside brackets

local function explicit_list(self)
  local values = json.array {}
  expect(self, "[")
  while current(self) ~= "]" do
    local before = self.position
    values[#values + 1] = explicit_value(self)
    skip_blanks(self)
    if current(self) ~= "]" then
      expect(self, ",")
    elseif self.position == before then
      fail(self, "a value")
    end
  end
  self.position = self.position + 1
  return values
end

-- Returns the key before a value, and reads the equals sign.
local function key_of(self)
  local key = self.text:match("^[%w%-_.#/:]*", self.position)
  self.position = self.position + #key
  skip_blanks(self)
  local has_file = current(self) == "@"
  if has_file then
    self.position = self.position + 1
  end
  expect(self, "=")
  self.has_file = has_file
  return key
end

local function add(values, key, value)
  if values[key] ~= nil then
    error({ message = ("the key '%s' is given twice; a list of several structures needs a blank between them, not a "
      .. "comma"):format(key) })
  end
  values[key] = value
end

local function hash(self)
  local values = {}
  expect(self, "{")
  while current(self) ~= "}" do
    local key = key_of(self)
    add(values, key, explicit_value(self))
    skip_blanks(self)
    if current(self) ~= "}" then
      expect(self, ",")
    end
  end
  self.position = self.position + 1
  return values
end

function explicit_value(self)
  local character = current(self)
  return character == "[" and explicit_list(self) or character == "{" and hash(self) or first_value(self)
end

-- Returns the next value of a list without brackets; nil where the next key begins.
local function later_value(self)
  local is_quoted = current(self):find "^['\"]"
  local text = is_quoted and quoted(self) or not is_quoted and bare(self, LATER)
  if not text then
    return nil
  end
  skip_blanks(self)
  local after = current(self)
  if after == "," or after == "" then
    return resolved(self, text)
  end
end

-- Returns a value, or the list of a=b,c,d.
local function list_or_value(self)
  local values = json.array { first_value(self) }
  skip_blanks(self)
  while current(self) == "," do
    local comma = self.position
    self.position = comma + 1
    skip_blanks(self)
    local at_end = current(self) == ""
    local value = later_value(self)
    if value == nil then
      if at_end then
        fail(self, "a value or a key")
      end
      self.position = comma
      break
    end
    values[#values + 1] = value
  end
  return #values == 1 and values[1] or values
end

local function value_of(self)
  local character = current(self)
  return character == "[" and explicit_list(self) or character == "{" and hash(self) or list_or_value(self)
end

-- ---------------------------------------------------------------------------------------------
-- The whole

local function parameters(self)
  local values = {}
  while true do
    local key = key_of(self)
    add(values, key, value_of(self))
    skip_blanks(self)
    if self.position > #self.text then
      return values
    end
    expect(self, ",")
  end
end

--- Parses a text.
---@param text string
---@param resolve? fun(text: string): any, string?  returns the text of the file that a value after @= names, or nil and
---  a message
---@return table? values
---@return string? message  what is wrong, with the column; the text itself is not in it, because it can be a secret
function M.parse(text, resolve)
  local parser = setmetatable({
    text = text, position = 1, has_file = false, resolve = resolve or function(value) return value end,
  }, Parser)
  local ok, result = pcall(parameters, parser)
  if ok then
    return result
  elseif type(result) == "table" and result.message then
    return nil, result.message
  end
  error(result, 0)
end

return M
