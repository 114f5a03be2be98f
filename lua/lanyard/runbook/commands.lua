-- The commands of a `lanyard` block: a line each, as one types them, without a shell.
--
--   commands.parse("lanyard grant {{service}} 'team/*' \\\n  --yes   # the images\n", 12, { service = "web" })
--     --> { { words = { "grant", "web", "team/*", "--yes" }, line = 12 } },
--         { { name, line } } that have no value | nil, err { code = "InvalidFile", line }
--
-- Quotes and backslashes count as in a shell; a backslash ends a line that goes on, and # begins a comment.
-- Nothing is expanded: what a shell would act on (| & ; < > ( ) $ and the backtick, outside of quotes) is an error,
-- so that no line means something else here than where it was copied from. {{NAME}} is replaced inside its word:
-- a value is never split, nor read for quotes. (One that begins with - is an option to the command; -- before it keeps
-- it from being one.)

local errors = require "lanyard.errors"
local shellwords = require "lanyard.text.shellwords"

local M = {}

-- What a shell would do with it, and what to do instead.
local SHELL = {
  ["$"] = "variables are not expanded here: write {{NAME}} and pass --set NAME=VALUE, or quote it in '...'",
  ["`"] = "commands are not expanded here: quote it in '...', or use a lua block",
}
for c in ("|&;<>()"):gmatch "." do
  SHELL[c] = ("no shell reads this, so '%s' has no meaning: quote it, or use a lua block"):format(c)
end

-- What a piece of a word would mean to a shell | nil
local function meaning(text, position, length)
  local c = text:sub(position, position)
  if c == '"' then
    return SHELL[text:sub(position, position + length - 1):match "[$`]"]
  end
  return SHELL[c]
end

-- Replaces {{NAME}} in a word, which stays where it has no value. --> word | nil, what is wrong
local function fill(word, vars, missing, line)
  local why = word:gsub("{{[%a_][%w_-]*}}", ""):find("{{", 1, true) and "'{{' begins no {{NAME}}: no blanks stand in it"
  if why then
    return nil, why
  end
  return (word:gsub("{{([%a_][%w_-]*)}}", function(name)
    if not vars[name] then
      table.insert(missing, { name = name, line = line })
    end
    return vars[name]
  end))
end

-- One command after the other, as the text is read.
local Reader = {}
Reader.__index = Reader

-- Ends the word that was being read, if any. --> true | nil, what is wrong
function Reader:end_word()
  if self.word then
    local filled, why = fill(self.word, self.vars, self.missing, self.line)
    if not filled then
      return nil, why
    end
    table.insert(self.list, filled)
  end
  self.word = nil
  return true
end

function Reader:end_command()
  if self.list[1] == "lanyard" then
    table.remove(self.list, 1)
  end
  if #self.list > 0 then
    table.insert(self.found, { words = self.list, line = self.begun })
  end
  self.list = {}
end

-- Reads what stands at the position. --> how much of the text that is | nil, what is wrong
function Reader:step(text, position, line)
  local c = text:sub(position, position)
  if text:find("^\\\n", position) then
    return 2
  elseif c:find "%s" or c == "#" and not self.word then
    local ok, why = self:end_word()
    if not ok then
      return nil, why
    elseif c == "\n" then
      self:end_command()
    end
    return c == "#" and #text:match("^[^\n]*", position) or 1
  end
  local length, adds = shellwords.piece(text, position)
  local why = not length and shellwords.unended(text, position) or meaning(text, position, length)
  if why then
    return nil, why
  end
  self.begun = #self.list == 0 and not self.word and line or self.begun
  self.word = (self.word or "") .. adds
  return length
end

-- parse(text, line, vars): `line` is that of the text's first line.
function M.parse(text, line, vars)
  local reader = setmetatable({ found = {}, list = {}, vars = vars, missing = {} }, Reader)
  local position = 1
  text = text:gsub("\n*$", "\n")
  while position <= #text do
    reader.line = line
    local length, why = reader:step(text, position, line)
    if not length then
      return nil, errors.new { code = "InvalidFile", line = line, message = why }
    end
    local _, ends = text:sub(position, position + length - 1):gsub("\n", "")
    line, position = line + ends, position + length
  end
  return reader.found, reader.missing
end

return M
