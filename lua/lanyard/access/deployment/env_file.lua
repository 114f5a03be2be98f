--- Reads environment variables from a file in the dotenv grammar (.env).
---
---     env_file.parse "export KEY='a b' # comment\n"   --> { { name = "KEY", value = "a b" } }
---
--- The grammar is what https://github.com/motdotla/dotenv and the env_file of Docker Compose have in common:
---
---   * A line is NAME=VALUE, also after the word `export`; blank lines and lines that begin with # are skipped. White
---     space around a name and a value does not belong to it.
---   * A value without quotes ends at the end of the line, or at a # after white space. A backslash is a character.
---   * A value in single quotes is literal. In double quotes \n, \r, \t, \", \\ and \$ are escapes, and any other
---     backslash is a character. A quoted value can have several lines.
---   * Nothing is expanded: $NAME stays as it is. Lines can end with CR LF. Of a name that is there twice, the last
---     value counts.
---
--- `docker run --env-file` differs: it keeps quotes, and takes NAME without a value from its own environment. Here such
--- a line is an error, because it would deploy what the machine of the caller happens to have.
---
--- A message names the line and the variable, never a value.

local M = {}

local NAME = "^[ \t]*([%a_][%w_.-]*)[ \t]*=[ \t]*()"
local ESCAPES = { n = "\n", r = "\r", t = "\t", ['"'] = '"', ["\\"] = "\\", ["$"] = "$" }

-- The value in quotes that begins at a position, and the position after it | nil: the quote is not closed
local function quoted(text, quote, position)
  local from = position + 1
  if quote == "'" then
    local last = text:find("'", from, true)
    return last and text:sub(from, last - 1), last and last + 1
  end
  local last = from
  while true do
    last = text:find('["\\]', last)
    if not last then
      return nil
    elseif text:sub(last, last) == '"' then
      return (text:sub(from, last - 1):gsub("\\(.)", ESCAPES)), last + 1
    end
    last = last + 2
  end
end

-- The value at a position, and the position after its line | nil, what is wrong
local function value_at(text, position)
  local quote = text:match("^[\"']", position)
  local last = text:find("\n", position, true) or #text + 1
  if not quote then
    local value = text:sub(position, last - 1)
    value = value:find "^#" and "" or value:gsub("[ \t]#.*", "")
    return value:match "^(.-)[ \t]*$", last + 1
  end
  local value, after = quoted(text, quote, position)
  if not value then
    return nil, "its quote is not closed"
  end
  last = text:find("\n", after, true) or #text + 1
  if not text:sub(after, last - 1):find "^[ \t]*$" and not text:sub(after, last - 1):find "^[ \t]+#" then
    return nil, "only a comment can follow its closing quote"
  end
  return value, last + 1
end

local function line_of(text, position)
  return select(2, text:sub(1, position - 1):gsub("\n", "")) + 1
end

--- Parses the text of a file.
---@param text string
---@return { name: string, value: string }[]? variables  each name once, in the order of the file
---@return string? message  with the number of the line
function M.parse(text)
  text = text:gsub("^\239\187\191", ""):gsub("\r\n", "\n")
  if text:find("\0", 1, true) or not utf8.len(text) then
    return nil, "it is not UTF-8 text"
  end
  local list, known, position = {}, {}, 1
  while position <= #text do
    local line_end = text:find("\n", position, true) or #text + 1
    local line = text:sub(position, line_end - 1)
    if line:find "^[ \t]*$" or line:find "^[ \t]*#" then
      position = line_end + 1
    else
      local exported = line:match "^[ \t]*export[ \t]+()[%a_]" or 1
      local name, start = text:match(NAME, position + exported - 1)
      if not name then
        return nil, ("line %d is neither NAME=VALUE nor a comment"):format(line_of(text, position))
      end
      local value, after = value_at(text, start)
      if not value then
        return nil, ("line %d: %s: %s"):format(line_of(text, position), name, after)
      end
      known[name] = known[name] or { name = name }
      if not known[name].value then
        list[#list + 1] = known[name]
      end
      known[name].value, position = value, after
    end
  end
  return list
end

return M
