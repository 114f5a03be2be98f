--- Parses the commands of a `lanyard` block: one per line, as typed in a shell, but without a shell.
---
---     local list = commands.parse("lanyard grant {{service}} 'team/*'  # images\n", 12, { service = "web" })
---     list[1].words  --> { "grant", "web", "team/*" }
---
--- Quotes and backslashes work as in a shell, a backslash at the end of a line continues it, and # begins a comment.
--- Nothing is expanded: unquoted characters that a shell acts on (| & ; < > ( ) $ and the backtick) are errors, so that
--- a line copied from a shell script cannot change its meaning. {{NAME}} is replaced within its word: a value is never
--- split into words or scanned for quotes. A value that begins with - is still an option to the command, unless --
--- precedes it.

local errors = require "lanyard.errors"
local shellwords = require "lanyard.text.shellwords"

local M = {}

---@class runbook.Command
---@field words string[]  without the leading `lanyard`
---@field line integer    the line in the runbook where the command begins

-- What to do instead of each character that is special to a shell.
local SHELL_ADVICE = {
  ["$"] = "variables are not expanded: write {{NAME}} and pass --set NAME=VALUE, or use single quotes",
  ["`"] = "commands are not expanded: use single quotes, or a lua block",
}
for c in ("|&;<>()"):gmatch "." do
  SHELL_ADVICE[c] = ("there is no shell, so '%s' has no meaning: quote it, or use a lua block"):format(c)
end

-- Returns advice if a shell would act on this piece of a word.
local function shell_advice(text, position, length)
  local c = text:sub(position, position)
  if c == '"' then
    return SHELL_ADVICE[text:sub(position, position + length - 1):match "[$`]"]
  end
  return SHELL_ADVICE[c]
end

-- Replaces {{NAME}} in a word. A name without a value stays in the word and is added to `missing`.
local function fill(word, vars, missing, line)
  if word:gsub("{{[%a_][%w_-]*}}", ""):find("{{", 1, true) then
    return nil, "'{{' must begin {{NAME}}, without blanks"
  end
  return (word:gsub("{{([%a_][%w_-]*)}}", function(name)
    if not vars[name] then
      table.insert(missing, { name = name, line = line })
    end
    return vars[name]
  end))
end

local Reader = {}
Reader.__index = Reader

-- Ends the word that is being read, if any. Returns true, or nil and a message.
function Reader:end_word()
  if self.word then
    local filled, message = fill(table.concat(self.word), self.vars, self.missing, self.line)
    if not filled then
      return nil, message
    end
    table.insert(self.words, filled)
  end
  self.word = nil
  return true
end

function Reader:end_command()
  if self.words[1] == "lanyard" then
    table.remove(self.words, 1)
  end
  if #self.words > 0 then
    table.insert(self.found, { words = self.words, line = self.first_line })
  end
  self.words = {}
end

-- Reads one piece of the text. Returns its length, or nil and a message.
function Reader:step(text, position, line)
  local c = text:sub(position, position)
  if text:find("^\\\n", position) then
    return 2
  elseif c:find "%s" or c == "#" and not self.word then
    local ok, message = self:end_word()
    if not ok then
      return nil, message
    elseif c == "\n" then
      self:end_command()
    end
    return c == "#" and #text:match("^[^\n]*", position) or 1
  end
  local length, adds = shellwords.piece(text, position)
  local message = not length and shellwords.unended(text, position) or shell_advice(text, position, length)
  if message then
    return nil, message
  end
  self.first_line = #self.words == 0 and not self.word and line or self.first_line
  self.word = self.word or {}
  table.insert(self.word, adds)
  return length
end

--- Parses the text of a block.
---@param text string
---@param line integer  the line in the runbook where the text begins
---@param vars table<string, string>
---@return runbook.Command[]? commands
---@return table result  { name, line } of each variable without a value; or an error, code InvalidFile, with `line`
function M.parse(text, line, vars)
  local reader = setmetatable({ found = {}, words = {}, vars = vars, missing = {} }, Reader)
  local position = 1
  text = (text:match "^.*[^\n]" or "") .. "\n"
  while position <= #text do
    reader.line = line
    local length, message = reader:step(text, position, line)
    if not length then
      return nil, errors.new { code = "InvalidFile", line = line, message = message }
    end
    local _, line_ends = text:sub(position, position + length - 1):gsub("\n", "")
    line, position = line + line_ends, position + length
  end
  return reader.found, reader.missing
end

return M
