--- Splits a command line into options with their words, as the AWS CLI does.
---
---     words.split({ "--names", "a", "b", "--force" }, find)
---     --> { globals = {}, given = { { option, words = { "a", "b" } }, { option, words = {} } }, rest = {} }
---
--- A word that begins with a dash is an option, unless it is a dash alone, a negative number, or has a blank. The
--- option of a list takes all words up to the next option.

local globals = require "lanyard.awscli.globals"

local M = {}

--- What a command line has.
---@class awscli.Line
---@field globals table<string, string|true>  values by name
---@field given { option: awscli.Option, words: string[], as: string }[]  as: what was typed
---@field rest string[]  words that belong to no option

--- A mistake in a command line.
---@class awscli.Mistake
---@field code string     of `lanyard help errors`
---@field message string

---@param code string
---@param message string
---@return nil
---@return awscli.Mistake
function M.mistake(code, message, ...)
  return nil, { code = code, message = select("#", ...) > 0 and message:format(...) or message }
end

local function is_option(word)
  return word:find "^%-." and not word:find "^%-%d+$" and not word:find "^%-%d*%.%d+$"
    and not (word:find " " and not word:find "^%-%-[%w-]+=")
end

-- Returns the words of an option, and the position after them.
local function take(words, position, most, attached)
  local taken = { attached }
  if attached then
    return taken, position
  end
  while words[position] and #taken < most and not is_option(words[position]) do
    taken[#taken + 1] = words[position]
    position = position + 1
  end
  return taken, position
end

local MOST = { flag = 0, value = 1, switch = 1, paging = 1, list = math.huge }

local function add_global(line, global, taken)
  if global.refused then
    return M.mistake("UnknownOption", "option '--%s' is not supported: %s", global.name, global.refused)
  elseif line.globals[global.name] ~= nil then
    return M.mistake("RepeatedOption", "option '--%s' is given twice", global.name)
  elseif global.value and not taken[1] and not global.optional then
    return M.mistake("MissingValue", "option '--%s' requires an argument", global.name)
  elseif not global.value and taken[1] then
    return M.mistake("InvalidValue", "option '--%s' takes no value", global.name)
  end
  local value = taken[1] or global.choices and global.optional and global.choices[1] or true
  local is_known = not global.choices
  for _, choice in ipairs(global.choices or {}) do
    is_known = is_known or choice == value
  end
  if not is_known then
    return M.mistake("InvalidChoice", "option '--%s' must be one of '%s'", global.name,
      table.concat(global.choices, "', '"))
  elseif global.integer and not tostring(value):find "^%d+%.?%d*$" then
    return M.mistake("InvalidValue", "--%s: '%s' is not a number of seconds", global.name, value)
  end
  line.globals[global.name] = value
  return true
end

-- Reports whether an option sets the whole member of which the other one is a short form.
local function excludes(option, other)
  return option.extra ~= nil and option.extra.excludes == other.name
end

local function are_exclusive(option, other)
  return other == option or option.member and not option.extra and other.member == option.member
    or excludes(option, other) or excludes(other, option)
end

local function add_option(line, option, taken, as)
  for _, other in ipairs(line.given) do
    if are_exclusive(option, other.option) then
      return M.mistake("RepeatedOption", other.as == as and "option '--%s' is given twice"
        or "option '--%s' excludes '--%s'", as, other.as)
    end
  end
  if option.kind == "flag" and taken[1] then
    return M.mistake("InvalidValue", "option '--%s' takes no value; its opposite is '--%s'", as,
      as:find "^no%-" and as:sub(4) or "no-" .. as)
  elseif (option.kind == "value" or option.kind == "paging") and not taken[1] then
    return M.mistake("MissingValue", "option '--%s' requires an argument", as)
  end
  line.given[#line.given + 1] = { option = option, words = taken, as = as }
  return true
end

-- Reads the option at a position. Returns the position after it.
local function read_option(line, words, position, find)
  local word = words[position]
  local name, attached = word:match "^%-%-([^=]+)=(.*)$"
  name = name or word:match "^%-%-(.+)$" or word == "-h" and "help" or nil
  local option = name and find(name)
  local global = name and globals.by_name[name]
  if global and not (option and global.yields) then
    option = nil
  elseif not option then
    return M.mistake("UnknownOption", name and "unknown option '--%s'" or "unknown option '%s'", name or word)
  else
    global = nil
  end
  local most = global and (global.value and 1 or 0) or MOST[option and option.kind]
  local taken, after = take(words, position + 1, most, attached)
  local ok, mistake
  if global then
    ok, mistake = add_global(line, global, taken)
  else
    ok, mistake = add_option(line, option, taken, name)
  end
  return ok and after or nil, mistake
end

--- Splits words.
---@param words string[]
---@param find fun(name: string): awscli.Option?  finds an option of the operation
---@param most? integer  the number of other words after which it stops
---@return awscli.Line? line
---@return awscli.Mistake|string[]? mistake  or, with `most`, the words that follow
function M.split(words, find, most)
  local line, position = { globals = {}, given = {}, rest = {} }, 1
  while words[position] do
    if #line.rest == most then
      break
    elseif is_option(words[position]) then
      local after, mistake = read_option(line, words, position, find)
      if not after then
        return nil, mistake
      end
      position = after
    else
      line.rest[#line.rest + 1] = words[position]
      position = position + 1
    end
  end
  return line, most and table.move(words, position, #words, 1, {}) or nil
end

return M
