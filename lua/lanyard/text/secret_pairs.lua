--- Finds the two members of a pair: the name of a secret in one, and its value in the other.
---
---     {"Name": "DB_PASSWORD", "Type": "String", "Value": V}    {"Value": V, "Name": "DB_PASSWORD"}
---     <Value>V</Value><Name>DB_PASSWORD</Name>                 --value V --name DB_PASSWORD
---
--- The members are in any order, and other members of simple types can be between them. A name is looked for from the
--- value that precedes it at most, so that the time is linear.

local values = require "lanyard.text.secret_values"

local M = {}

--- A member of a pair.
---@class secret_pairs.Member
---@field first integer  the position of its key
---@field start integer  the position of its text
---@field stop? integer  the position after its text; only of a name
---@field kind "quoted"|"plain"|"element"|"option"

-- The bytes before a name in which its key is.
local MAX_KEY = 120



-- Returns the kind of a member by how its text begins.
local function kind_of(text, start)
  return text:find("^%a?\\*[\"']", start) and "quoted" or "plain"
end

--- Returns the value whose key is a word, or nil.
---@param text string
---@param first integer  of the word
---@param last integer
---@return secret_pairs.Member?
function M.value_at(text, first, last)
  local before = text:sub(first - 1, first - 1)
  local start, kind
  if before == "<" then
    start, kind = text:match("^[^<>]*>()", last + 1), "element"
  elseif text:byte(first) == 0x2d then
    start, kind = text:match("^[ \t=]+()", last + 1), "option"
  else
    start = text:match("^\\*[\"']?%]?%s*[:=]>?%s*()", last + 1)
    kind = start and kind_of(text, start)
  end
  return start and not text:find("^[%[{]", start) and { first = first, start = start, kind = kind } or nil
end

local NAME_KEYS = {
  { kind = "quoted", pattern = "()[%w_]+()\\*[\"']?%]?%s*[:=]>?%s*()%a?\\*[\"'][%w_./:-]*$" },
  { kind = "plain", pattern = "()[%w_]+()\\*[\"']?%s*[:=]%s*()[%w_./:-]*$" },
  { kind = "element", pattern = "<()[%w_:]+()[^<>]*>()[%w_./:-]*$" },
  { kind = "option", pattern = "()%-%-[%w-]*()[ \t=]+()[\"']?[%w_./:-]*$" },
}

-- What follows a name that is the whole text of its member.
local function ends(text, position, kind)
  if kind == "quoted" then
    return text:find("^\\*[\"']", position)
  elseif kind == "element" then
    return text:find("^</", position)
  end
  return position > #text or text:find("^[\"']?[ \t]*[\r\n,;}]", position) or text:find("^\\+[nr\"']", position)
    or text:find("^[\"']?[ \t]+%-", position) or text:find("^[\"']?[ \t]+[%w_-]+[ \t=]", position)
end

--- Returns the member whose text is a word that names a secret, or nil.
---@param text string
---@param first integer  of the word
---@param last integer
---@return secret_pairs.Member?
function M.name_at(text, first, last)
  local offset = math.max(first - MAX_KEY, 1) - 1
  local before = text:sub(offset + 1, first - 1)
  for _, form in ipairs(NAME_KEYS) do
    local key, key_end, start = before:match(form.pattern)
    local word = key and before:sub(key, key_end - 1):lower()
    if word and (word:find "name$" or word:find "key$") then
      local member = { first = offset + key, start = offset + start, stop = last + 1, kind = form.kind }
      return ends(text, last + 1, form.kind) and member or nil
    end
  end
  return nil
end

-- Reports whether only other members of the same object are in a text.
local function is_between(between, kind)
  between = between:gsub("\\+[nr]", "\n") -- of a JSON string
  if kind == "element" then
    return not between:gsub("<([%w_:]+)[^<>]*>[^<]*</%1>", ""):gsub("^</[%w_:]+>", ""):gsub("<$", ""):find "%S"
  elseif kind == "option" then
    return not between:find "[\r\n;|&]"
  elseif kind == "quoted" then
    local bare = between:gsub("\"[^\"]*\"", ""):gsub("'[^']*'", "")
    return not bare:find "[{}()%[%]]" and not bare:find "\n[ \t]*%- "
  end
  return not between:gsub("[%w_.]+[ \t]*[:=][ \t]*[^\r\n,;]*", ""):find "[^%s,;]"
end

--- Returns the part of a text that is the value of a pair whose name follows: its first position, the position after
--- it, and the marks before and after it. Returns nil if the two do not belong together.
---@param text string
---@param value secret_pairs.Member
---@param name secret_pairs.Member
---@return integer? first
---@return integer stop
---@return string mark
function M.before_name(text, value, name)
  if (value.kind == "element") ~= (name.kind == "element") or value.start >= name.first then
    return nil, 0, ""
  end
  local part = text:sub(value.start, name.first - 1)
  local slashes, quote = part:match "^%a?(\\*)([\"'])"
  local stop
  if value.kind == "element" then
    stop = part:find("</", 1, true) or #part + 1
  elseif quote then
    stop = values.member(part, 1, #slashes)
  else
    local string = part:find "\\+[nr]" ~= nil -- the line ends of a JSON string
    local line = value.kind == "plain" and (string or part:find "[\r\n]" ~= nil)
    stop = values.unquoted(part, 1, { string = string, line = line, query = true })
  end
  if stop > #part + 1 or not is_between(part:sub(stop), value.kind) then
    return nil, 0, ""
  end
  return value.start, value.start + stop - 1, quote and slashes .. quote or ""
end

--- Reports whether a value that follows a name belongs to it.
---@param text string
---@param name secret_pairs.Member
---@param value secret_pairs.Member
---@return boolean
function M.is_pair(text, name, value)
  return (value.kind == "element") == (name.kind == "element")
    and is_between(text:sub(name.stop, value.first - 1):gsub("^\\*[\"']", ""), value.kind)
end

return M
