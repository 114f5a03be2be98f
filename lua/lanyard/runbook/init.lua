--- Reads and runs runbooks: Markdown files whose fenced `lanyard`, `lua` and `bash` blocks are run in order.
---
---     local book = assert(runbook.read(text, { name = "restore.md", vars = { service = "web" } }))
---     local outcome = book:run { from = 1, show = show, ask = ask, output = io.write, transcript = log }
---     print(outcome.kind, outcome.message)
---
--- Each such block is a step, named after the heading above it. A step succeeds when all its commands, or its Lua, exit
--- with 0 or with another status from its info string: ```lanyard exit=0,3. Other blocks are only for the reader.
--- A `bash` block is run only with the option `shell`.

local bash_block = require "lanyard.runbook.bash_block"
local commands = require "lanyard.runbook.commands"
local errors = require "lanyard.errors"
local lists = require "lanyard.lists"
local lua_block = require "lanyard.runbook.lua_block"
local markdown = require "lanyard.runbook.markdown"
local run = require "lanyard.runbook.run"
local shellwords = require "lanyard.text.shellwords"

local M = {}

---@class runbook.Step
---@field number integer
---@field name string                    the heading above the block, or the file's name
---@field line integer                   line of the opening fence
---@field kind "lanyard" | "lua" | "bash"
---@field text string                    content of the block
---@field exits table<integer, boolean>  the exit statuses that count as success
---@field commands? runbook.Command[]    of a `lanyard` block
---@field missing? { name: string, line: integer }[]  variables of a `lanyard` block that have no value
---@field run? function                  the compiled `lua` block
---@field vars? table<string, string>    of a `bash` block: its environment variables
---@field not_run? string                why a `bash` block is not run

---@class runbook.Book
---@field name string   file name, for messages
---@field title string  the first heading, or the file's name
---@field steps runbook.Step[]
local Book = {}
Book.__index = Book

local KINDS = lists.set "lanyard lua bash"

-- Blocks of other shells. People expect them to be run like `bash` blocks.
local OTHER_SHELLS = lists.set "sh shell zsh fish ksh dash console shell-session shellsession sh-session"

local function invalid(name, line, message)
  return nil, errors.new { code = "InvalidFile", message = ("%s:%d: %s"):format(name, line, message) }
end

-- Returns the position of the parenthesis that closes each one that is closed.
local function closing_parentheses(text)
  local open, closing = {}, {}
  for position, c in text:gmatch "()([()])" do
    if c == "(" then
      open[#open + 1] = position
    elseif #open > 0 then
      closing[table.remove(open)] = position
    end
  end
  return closing
end

-- Replaces links and images, [text](address), with their texts. The time is linear, also with brackets that are not
-- closed.
local function without_links(text)
  local closing, parts, position, bracket = closing_parentheses(text), {}, 1, 0
  while true do
    local first = text:find("[", position, true)
    if first and bracket and bracket < first then
      bracket = text:find("]", first, true)
    end
    if not first or not bracket then
      parts[#parts + 1] = text:sub(position)
      return table.concat(parts)
    end
    local stop = closing[bracket + 1]
    local start = stop and text:sub(first - 1, first - 1) == "!" and first > position and first - 1 or first
    parts[#parts + 1] = text:sub(position, stop and start - 1 or first)
    parts[#parts + 1] = stop and text:sub(first + 1, bracket - 1) or nil
    position = (stop or first) + 1
  end
end

-- Removes the markup of a heading.
local function plain(text)
  return (without_links(text):gsub("\\(%p)", "%1"):gsub("[`*]", ""))
end

-- Returns the set of exit statuses that an info string accepts, or nil and a message.
local function parse_exits(info)
  local text = info:match "%f[%w]exit=(%S*)"
  local exits = {}
  for number in ((text or "0") .. ","):gmatch "([^,]*)," do
    if not number:find "^%d+$" then
      return nil, ("exit=%s is not a list of exit statuses: write exit=0,3"):format(text)
    end
    exits[math.tointeger(tonumber(number))] = true
  end
  return exits
end

-- Adds the commands of a `lanyard` block to its step.
local function read_commands(step, name, vars)
  local result
  step.commands, result = commands.parse(step.text, step.line + 1, vars)
  if not step.commands then
    return invalid(name, result.line, result.message)
  elseif #step.commands == 0 then
    return invalid(name, step.line, "the block has no commands")
  end
  step.missing = result
  return step
end

-- Completes a step of a `bash` block.
local function read_bash(step, name, vars, shell)
  local placeholder, line, variable = bash_block.placeholder(step.text)
  if placeholder then
    return invalid(name, step.line + line, ('%s is not replaced in a bash block: write "$%s"; '
      .. "the values of --set are its environment variables"):format(placeholder, variable or "NAME"))
  elseif not shell then
    step.not_run = "bash blocks are run only with --shell"
    return step
  end
  for _, one in ipairs(lists.sorted_names(vars)) do
    local message = bash_block.refused_name(one)
    if message then
      return invalid(name, step.line, "this bash block cannot have the variable of --set: " .. message)
    end
  end
  step.vars = vars
  return step
end

local function read_step(item, name, options, environment)
  local vars = options.vars or {}
  if item.kind == "quoted" then
    return invalid(name, item.line, ("a block in a quotation is not run: move it out, or remove '%s' from its fence")
      :format(item.info:match "^%S*"))
  end
  local exits, message = parse_exits(item.info)
  if not exits then
    return invalid(name, item.line, message)
  end
  local step = { kind = item.info:match "^%S*":lower(), text = item.text, line = item.line, exits = exits }
  if step.kind == "lanyard" then
    return read_commands(step, name, vars)
  elseif step.kind == "bash" then
    return read_bash(step, name, vars, options.shell)
  end
  local err
  step.run, err = lua_block.load(item.text, name, item.line + 1, environment)
  if not step.run then
    return nil, err
  end
  return step
end

--- Parses the values of --set.
---@param list string[]  NAME=VALUE each
---@return table<string, string>?
---@return string? message
function M.vars(list)
  local vars = {}
  for _, text in ipairs(list) do
    local name, value = text:match "^([%a_][%w_-]*)=(.*)$"
    if not name then
      return nil, ("'%s' is not a variable: write NAME=VALUE, with letters, digits, _ and - in NAME"):format(text)
    elseif vars[name] then
      return nil, ("'%s' is set twice"):format(name)
    end
    vars[name] = value
  end
  return vars
end

---@class runbook.ReadOptions
---@field name string       the file's name, for messages
---@field vars? table<string, string>
---@field partial? boolean  accept variables without a value, which `Book:filled` checks
---@field shell? boolean    run `bash` blocks
---@field on_other? fun(line: integer, message: string)  receives each block of another shell, which is never run
---@field on_invalid? fun(err: lanyard.Error)  receives what is wrong with a block, which is left out

--- Reads a runbook without running any of it. Reports every error that can be found without running it: command
--- syntax, Lua syntax, and variables without a value.
---@param text string
---@param options runbook.ReadOptions
---@return runbook.Book?
---@return lanyard.Error? err  code InvalidFile
function M.read(text, options)
  local name = options.name
  local book = setmetatable({ name = name, steps = {} }, Book)
  local environment = lua_block.environment(options.vars or {})
  local heading, has_invalid
  for _, item in ipairs(markdown.parse(text)) do
    local kind = item.info and item.info:match "^[^%s{]*":lower()
    local is_step = item.info and KINDS[item.info:match "^%S*":lower()]
    if kind and OTHER_SHELLS[kind] and item.kind ~= "quoted" and options.on_other then
      options.on_other(item.line, ("the %s block is not run: only bash blocks are, with --shell"):format(kind))
    end
    if item.kind == "heading" then
      heading = plain(item.text)
      book.title = book.title or heading
    elseif is_step then
      local step, err = read_step(item, name, options, environment)
      if step then
        step.name, step.number = heading or name, #book.steps + 1
        book.steps[step.number] = step
      elseif not options.on_invalid then
        return nil, err
      else
        has_invalid = true
        options.on_invalid(err)
      end
    end
  end
  book.title = book.title or name
  if #book.steps == 0 and not has_invalid then
    return invalid(name, 1, "nothing to run: the file has no ```lanyard or ```lua block")
  elseif options.partial then
    return book
  end
  return book:filled(1)
end

--- Checks that a step is run, and that all variables of the `lanyard` blocks have a value, from a step to the last.
---@param from integer  number of the first step to check
---@return runbook.Book?
---@return lanyard.Error? err  code InvalidFile; names all variables without a value
function Book:filled(from)
  local names, sets, reported, line = {}, {}, {}, nil
  local runs = false
  for number = from, #self.steps do
    runs = runs or not self.steps[number].not_run
    for _, missing in ipairs(self.steps[number].missing or {}) do
      if not reported[missing.name] then
        reported[missing.name] = true
        names[#names + 1] = ("{{%s}}"):format(missing.name)
        sets[#sets + 1] = ("--set %s=VALUE"):format(missing.name)
        line = line or missing.line
      end
    end
  end
  if not runs then
    return invalid(self.name, self.steps[from].line, "nothing to run: bash blocks are run only with --shell")
  elseif line then
    return invalid(self.name, line, ("%s %s no value: pass %s"):format(table.concat(names, ", "),
      #names == 1 and "has" or "have", table.concat(sets, " ")))
  end
  return self
end

--- Checks the syntax of the `bash` blocks that are run, from a step to the last.
---@param from integer
---@return true? ok
---@return lanyard.Error? err  code InvalidFile, or CannotRun if there is no bash
function Book:check_shell(from)
  for number = from, #self.steps do
    local step = self.steps[number]
    if step.kind == "bash" and not step.not_run then
      local ok, message, line = bash_block.check(step.text)
      if not ok and not line then
        return nil, errors.new { code = "CannotRun", message = message }
      elseif not ok then
        return invalid(self.name, step.line + line, message)
      end
    end
  end
  return true
end

--- Finds a step by its number or by its heading, in any case.
---@param text string
---@return runbook.Step?
---@return string? message
function Book:find(text)
  local number = math.tointeger(tonumber(text))
  if number then
    return self.steps[number], ("there is no step %d: the last step of %s is %d"):format(number, self.name, #self.steps)
  end
  local found
  for _, step in ipairs(self.steps) do
    -- Several blocks under one heading have the same name: the first of them is meant.
    local is_first = not (found and self.steps[step.number - 1].name == step.name)
    if step.name:lower() == text:lower() and is_first then
      if found then
        return nil, ("steps %d and %d are both named '%s': pass the number"):format(found.number, step.number, text)
      end
      found = step
    end
  end
  return found, ("there is no step '%s' in %s"):format(text, self.name)
end

--- Returns what a step runs, one line per command, as text for the user.
---@param step runbook.Step
---@return string
function M.lines(step)
  if not step.commands then
    return step.text
  end
  local lines = {}
  for i, command in ipairs(step.commands) do
    lines[i] = "lanyard " .. shellwords.join(command.words) .. "\n"
  end
  return table.concat(lines)
end

--- Runs the steps in order until one fails or the user quits.
---@param options runbook.RunOptions
---@return runbook.Outcome
function Book:run(options)
  return run.steps(self.steps, options)
end

return M
