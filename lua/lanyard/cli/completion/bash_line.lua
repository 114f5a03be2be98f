--- Reads the command line that bash completes, and quotes what is inserted into it. Nothing is expanded: `$(...)`,
--- variables and globs are text.
---
---     local line = bash_line.read("lanyard status 'my s", " \t\n\"'><=;|&(:")
---     line.words, line.prefix                        --> { "lanyard", "status" }, "my s"
---     bash_line.insertion(line, "my service")        --> "my service", which follows the quote

local M = {}

---@class completion.BashLine
---@field words string[]  the words before the cursor, without the one at the cursor, assignments and redirections
---@field prefix string   the part of the word before the cursor
---@field quote? string   the quote that is open at the cursor
---@field kept string     the beginning of the prefix that readline does not replace
---@field is_plain boolean whether readline replaces what was read: not where quotes are in the middle of the word

-- Characters that have no meaning in an unquoted word of bash.
local SAFE = "[^%w_./,:@%%+=^-]"

-- Characters that end a word besides blanks.
local OPERATORS = ";|&()<>\n"

-- Reads a quoted part from its quote. Returns the text, and the position after it or nil if it is not closed.
local function quoted(line, position)
  local quote, parts, at = line:sub(position, position), {}, position + 1
  while at <= #line do
    local c = line:sub(at, at)
    if c == quote then
      return table.concat(parts), at + 1
    elseif c == "\\" and quote == '"' and line:find('^[\\"$`]', at + 1) then
      at = at + 1
      c = line:sub(at, at)
    end
    parts[#parts + 1] = c
    at = at + 1
  end
  return table.concat(parts), nil
end

-- Returns the position after a substitution that begins at a position, or nil if none does or it is not closed.
local function after_substitution(line, position)
  local _, last = line:find("^%$%b()", position)
  if not last then
    _, last = line:find("^%$%b{}", position)
  end
  if not last then
    _, last = line:find("^`[^`]*`", position)
  end
  return last and last + 1
end

-- Reads a word. Returns it, and the position after it.
local function read_word(line, position, breaks)
  local word = { text = "", kept = "", is_plain = true }
  while position <= #line do
    local c, after = line:sub(position, position), after_substitution(line, position)
    if after then
      word.text, word.is_plain, position = word.text .. line:sub(position, after - 1), false, after
    elseif c == " " or c == "\t" or OPERATORS:find(c, 1, true) then
      return word, position
    elseif c == "'" or c == '"' then
      local text, behind = quoted(line, position)
      if behind then
        word.is_plain = false
      else
        word.quote, word.kept = c, word.text
      end
      word.text, position = word.text .. text, behind or #line + 1
    elseif c == "\\" then
      word.text, position = word.text .. line:sub(position + 1, position + 1), position + 2
    else
      word.text, position = word.text .. c, position + 1
      word.kept = breaks:find(c, 1, true) and word.text or word.kept
    end
  end
  return word, position
end

local function is_assignment(text)
  return text:find "^[%a_][%w_]*=" ~= nil
end

--- Reads a line up to the cursor.
---@param line string
---@param breaks string  $COMP_WORDBREAKS
---@return completion.BashLine
function M.read(line, breaks)
  local words, position, is_target = {}, 1, false
  while true do
    position = line:find("[^ \t]", position) or #line + 1
    local c = line:sub(position, position)
    if c == "<" or c == ">" then
      is_target, position = true, (line:find("[^<>&|]", position) or #line + 1)
    elseif c ~= "" and OPERATORS:find(c, 1, true) then
      words, is_target, position = {}, false, position + 1
    else
      local word, after = read_word(line, position, breaks)
      if after > #line then
        return { words = words, prefix = word.text, quote = word.quote, kept = word.kept, is_plain = word.is_plain }
      end
      local redirects = line:find("^[<>]", after) and word.text:find "^%d+$"
      if not (is_target or redirects or #words == 0 and is_assignment(word.text)) then
        words[#words + 1] = word.text
      end
      is_target, position = false, after
    end
  end
end

--- Returns what readline inserts for a candidate; nil where it cannot be inserted.
---@param line completion.BashLine
---@param candidate string
---@return string?
function M.insertion(line, candidate)
  if not line.is_plain or candidate:sub(1, #line.prefix) ~= line.prefix then
    return nil
  end
  local rest = candidate:sub(#line.kept + 1)
  if line.quote == "'" then
    return (rest:gsub("'", "'\\''"))
  elseif line.quote == '"' then
    -- A backslash does not keep an exclamation mark from the history expansion of an interactive shell.
    return (rest:gsub('[\\"$`]', "\\%0"):gsub("!", "\"'!'\""))
  end
  rest = rest:gsub(SAFE, function(c) return c:byte() < 128 and "\\" .. c or nil end)
  return line.kept == "" and rest:gsub("^~", "\\~") or rest
end

return M
