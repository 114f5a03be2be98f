-- Runbooks: Markdown for people, whose fenced `lanyard` and `lua` blocks are run in order.
--
--   local book, err = runbook.read(text, { name = "restore.md", vars = { service = "web" } })
--     --> { name, title, steps = { { number, name, line, kind = "lanyard" | "lua", text, ... } } }
--   book:run { from = 1, show = f, ask = f, output = f, transcript = t }
--     --> { kind = "done" | "failed" | "quit", ran, skipped, step (that failed, or was quit at), why }
--
-- A step is a block, and has the name of the heading above it. It is done when each of its commands, or its Lua,
-- ends with 0, or with another status that its info string names: ```lanyard exit=0,3. Other blocks are for people.

local process = require "lanyard.process"
local chunk = require "lanyard.runbook.chunk"
local clock = require "lanyard.clock"
local commands = require "lanyard.runbook.commands"
local errors = require "lanyard.errors"
local bounded = require "lanyard.text.bounded"
local lists = require "lanyard.lists"
local markdown = require "lanyard.runbook.markdown"
local task = require "lanyard.task"
local shellwords = require "lanyard.text.shellwords"

local M = {}

local Book = {}
Book.__index = Book

local KINDS = lists.set "lanyard lua"

-- Bytes of a command's output that the transcript keeps.
local KEPT = 1024 * 1024

-- ---------------------------------------------------------------------------------------------
-- Reading

local function wrong(name, line, why)
  return nil, errors.new { code = "InvalidFile", message = ("%s:%d: %s"):format(name, line, why) }
end

-- A heading without its markup.
local function plain(text)
  return (text:gsub("!?%[([^%]]*)%]%b()", "%1"):gsub("\\(%p)", "%1"):gsub("[`*]", ""))
end

-- The statuses with which a step is done. --> { [0] = true } | nil, what is wrong
local function exits_of(info)
  local text = info:match "%f[%w]exit=(%S*)"
  local exits = {}
  for number in ((text or "0") .. ","):gmatch "([^,]*)," do
    if not number:find "^%d+$" then
      return nil, ("exit=%s names no statuses: write exit=0,3"):format(text)
    end
    exits[math.tointeger(tonumber(number))] = true
  end
  return exits
end

-- What a fence says to do: fields of a step | nil, err
local function step_of(item, name, vars, environment)
  local kind = item.info:match "^%S*":lower()
  local exits, why = exits_of(item.info)
  if not exits then
    return wrong(name, item.line, why)
  end
  local step = { kind = kind, text = item.text, line = item.line, exits = exits }
  local err
  if kind == "lua" then
    step.run, err = chunk.load(item.text, name, item.line + 1, environment)
    if err then
      return nil, err
    end
    return step
  end
  step.commands, step.missing = commands.parse(item.text, item.line + 1, vars)
  if not step.commands then
    err = step.missing
    return wrong(name, err.line, err.message)
  elseif #step.commands == 0 then
    return wrong(name, item.line, "this block has no command")
  end
  return step
end

-- vars { "NAME=VALUE", ... } --> { NAME = "VALUE" } | nil, what is wrong
function M.vars(list)
  local vars = {}
  for _, text in ipairs(list) do
    local name, value = text:match "^([%a_][%w_-]*)=(.*)$"
    if not name then
      return nil, ("%s is no variable: write NAME=VALUE, NAME of letters, digits, _ and -"):format(text)
    elseif vars[name] then
      return nil, name .. " is given twice"
    end
    vars[name] = value
  end
  return vars
end

-- read(text, { name, vars, partial }) --> book | nil, err { code = "InvalidFile" }. Nothing is run; what can be known
-- to be wrong (a command's syntax, a variable without a value, Lua that does not compile) is told; with `partial` not
-- that a value is missing, which Book:filled tells.
function M.read(text, options)
  local name, vars = options.name, options.vars or {}
  local book = setmetatable({ name = name, steps = {} }, Book)
  local environment = chunk.environment(vars)
  local heading
  for _, item in ipairs(markdown.parse(text)) do
    local runs = item.info and KINDS[item.info:match "^%S*":lower()]
    if item.kind == "heading" then
      heading = plain(item.text)
      book.title = book.title or heading
    elseif runs and item.kind == "quoted" then
      return wrong(name, item.line, "a block in a quote is not run: take it out of the quote, or do not call it "
        .. item.info:match "^%S*")
    elseif runs then
      local step, err = step_of(item, name, vars, environment)
      if not step then
        return nil, err
      end
      step.name, step.number = heading or name, #book.steps + 1
      book.steps[step.number] = step
    end
  end
  book.title = book.title or name
  if #book.steps == 0 then
    return wrong(name, 1, "nothing to run: it has no ```lanyard or ```lua block")
  elseif options.partial then
    return book
  end
  return book:filled(1)
end

-- filled(from) --> book | nil, err { code = "InvalidFile" } where commands of that step or of later ones have {{NAME}}
-- without a value; it tells all names.
function Book:filled(from)
  local names, sets, seen, line = {}, {}, {}, nil
  for number = from, #self.steps do
    for _, missing in ipairs(self.steps[number].missing or {}) do
      if not seen[missing.name] then
        seen[missing.name] = true
        names[#names + 1] = ("{{%s}}"):format(missing.name)
        sets[#sets + 1] = ("--set %s=VALUE"):format(missing.name)
        line = line or missing.line
      end
    end
  end
  if line then
    return wrong(self.name, line, ("%s %s no value: pass %s"):format(table.concat(names, ", "),
      #names == 1 and "has" or "have", table.concat(sets, " ")))
  end
  return self
end

-- find(where) --> step | nil, what is wrong. where: a step's number, or its heading, in capitals or not.
function Book:find(where)
  local number = math.tointeger(tonumber(where))
  if number then
    return self.steps[number], ("there is no step %d: %s has %d"):format(number, self.name, #self.steps)
  end
  local found
  for _, step in ipairs(self.steps) do
    if step.name:lower() == where:lower() and not (found and self.steps[step.number - 1].name == step.name) then
      if found then
        return nil, ("steps %d and %d are both called '%s': give the number"):format(found.number, step.number, where)
      end
      found = step
    end
  end
  return found, ("there is no step '%s' in %s"):format(where, self.name)
end

-- What a step runs, as lines for a person.
function M.lines(step)
  if step.kind == "lua" then
    return step.text
  end
  local lines = {}
  for i, command in ipairs(step.commands) do
    lines[i] = "lanyard " .. shellwords.join(command.words) .. "\n"
  end
  return table.concat(lines)
end

-- ---------------------------------------------------------------------------------------------
-- Running

-- One command, or a Lua block. --> what is known of it then: { at, what, output, ended (a text), ok, seconds }
local function perform(step, command, output)
  local kept = bounded.new(KEPT)
  local ran = { at = clock.time(), what = command and "lanyard " .. shellwords.join(command.words) or "lua block" }
  local started = clock.now()
  local function both(text)
    kept:add(text)
    output(text)
  end
  local function settle(ended, err)
    ran.output, ran.left_out = kept:text()
    ran.seconds = clock.now() - started
    ran.ok = ended and step.exits[ended.status] or false
    ran.ended = ended and process.describe(ended) or err
    return ran
  end
  local ok, ended, err = pcall(function()
    if command then
      return process.run { words = process.lanyard(command.words), errors = "join", output = both }
    end
    local result = chunk.run(step.run, both)
    if result.message then
      both("lanyard: " .. result.message .. "\n")
    end
    return result
  end)
  if not ok then
    return settle(nil, ended == task.cancelled and "was interrupted" or tostring(ended)), ended
  end
  return settle(ended, err and "could not be run: " .. err.message)
end

-- run_step(step, options) --> nil when it is done, else what failed (of perform)
local function run_step(step, options)
  for _, command in ipairs(step.commands or { false }) do
    local ran, raised = perform(step, command, options.output)
    options.transcript:ran(ran)
    if raised then
      error(raised, 0)
    elseif not ran.ok then
      return ran
    end
  end
end

-- options: from (a number); show(step) before each; ask(step) --> "run" | "skip" | "quit"; output(text) takes what
-- steps print, and must not print by io.stdout, io.write or print, which are diverted to it while Lua runs;
-- transcript (of lanyard.runbook.transcript).
function Book:run(options)
  local outcome = { kind = "done", ran = 0, skipped = 0 }
  for number = options.from, #self.steps do
    local step = self.steps[number]
    options.show(step)
    local choice = options.ask(step)
    if choice == "quit" then
      outcome.kind, outcome.step = "quit", step
      return outcome
    elseif choice == "skip" then
      outcome.skipped = outcome.skipped + 1
      options.transcript:skipped(step)
    else
      options.transcript:begin(step)
      local failed = run_step(step, options)
      if failed then
        outcome.kind, outcome.step, outcome.why = "failed", step, ("%s %s"):format(failed.what, failed.ended)
        return outcome
      end
      outcome.ran = outcome.ran + 1
    end
  end
  return outcome
end

return M
