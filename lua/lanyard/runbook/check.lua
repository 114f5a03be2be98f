--- Verifies a runbook without running any of it: the syntax of all blocks, the commands and options of `lanyard`
--- blocks, and the values of --set.
---
---     for _, remark in ipairs(check.run(text, { name = "restore.md", vars = {} })) do
---       print(remark.line, remark.is_problem, remark.message)
---     end

local bash_block = require "lanyard.runbook.bash_block"
local declaration = require "lanyard.cli.declaration"
local lists = require "lanyard.lists"
local runbook = require "lanyard.runbook"
local verify = require "lanyard.cli.verify"

local M = {}

local USAGE = 2 -- the exit status of a command line that is invalid

---@class runbook.Remark
---@field line integer
---@field is_problem boolean  false: a note
---@field message string

local Check = {}
Check.__index = Check

function Check:add(line, message, is_note)
  table.insert(self.remarks, { line = line, is_problem = not is_note, message = message })
end

-- Records that a block uses a variable, and reports it once if it has no value.
function Check:use(name, line)
  if not self.vars[name] and not self.used[name] then
    self:add(line, ("%s has no value: pass --set %s=VALUE"):format(name, name))
  end
  self.used[name] = true
end

function Check:lanyard(step)
  for _, missing in ipairs(step.missing) do
    self:use(missing.name, missing.line)
  end
  for name in step.text:gmatch "{{([%a_][%w_-]*)}}" do
    self.used[name] = true
  end
  for _, command in ipairs(step.commands) do
    local is_complete = not table.concat(command.words, " "):find "{{[%a_][%w_-]*}}"
    -- A step that accepts the status of an invalid command line expects one.
    if is_complete and not step.exits[USAGE] then
      local problem, note = verify.problem(command.words)
      if problem or note then
        self:add(command.line, problem or note, not problem)
      end
    end
  end
end

-- Returns the tokens of a `lua` block.
local function tokens_of(text)
  local tokens = {}
  for _, token in declaration.tokens(text) do
    tokens[#tokens + 1] = token
  end
  return tokens
end

-- Returns the names that a `lua` block reads from `vars`, except names that it sets.
local function names_in(text)
  local tokens, names, set = tokens_of(text), {}, {}
  for i, token in ipairs(tokens) do
    local before, name = tokens[i - 1], tokens[i + 2] or ""
    if token == "vars" and before == "local" then
      return {}
    elseif token == "vars" and before ~= "." and before ~= ":" then
      local quoted = tokens[i + 1] == "[" and tokens[i + 3] == "]" and name:match "^[\"'](.*)[\"']$"
      if quoted or tokens[i + 1] == "." then
        names[#names + 1] = quoted or name
      end
      if tokens[i + 1] == "." and tokens[i + 3] == "=" and tokens[i + 4] ~= "=" then
        set[name] = true
      end
    end
  end
  local read = {}
  for _, name in ipairs(names) do
    read[#read + 1] = not set[name] and name or nil
  end
  return read
end

function Check:lua(step)
  for _, name in ipairs(names_in(step.text)) do
    self:use(name, step.line)
  end
end

function Check:bash(step)
  for name in step.text:gmatch "[%a_][%w_]*" do
    self.used[name] = true
  end
  local ok, message, line = bash_block.check(step.text)
  if not ok then
    self:add(step.line + (line or 0), message, not line)
  end
end

--- Verifies the steps of a runbook from one to the last.
---@param text string
---@param options { name: string, vars: table<string, string>, shell?: boolean }
---@param from? fun(book: runbook.Book): integer  returns the number of the first step; 1 by default
---@return runbook.Remark[] remarks  in the order of their lines
---@return integer steps  that were verified
function M.run(text, options, from)
  local check = setmetatable({ remarks = {}, vars = options.vars, used = {} }, Check)
  local function report(err)
    local line, message = err.message:sub(#options.name + 1):match "^:(%d+): (.*)$"
    check:add(math.tointeger(tonumber(line)) or 1, message or err.message)
  end
  local book, err = runbook.read(text, {
    name = options.name, vars = options.vars, shell = options.shell, partial = true, on_invalid = report,
    on_other = function(line, message) check:add(line, message, true) end,
  })
  if not book then
    report(err)
    return check.remarks, 0
  end
  local first = from and from(book) or 1
  for number = first, #book.steps do
    check[book.steps[number].kind](check, book.steps[number])
  end
  for _, name in ipairs(lists.sorted_names(options.vars)) do
    if not check.used[name] and first == 1 then
      check:add(1, ("no step uses --set %s"):format(name), true)
    end
  end
  table.sort(check.remarks, function(a, b)
    if a.line ~= b.line then
      return a.line < b.line
    end
    return a.message < b.message
  end)
  return check.remarks, math.max(#book.steps - first + 1, 0)
end

return M
