--- Runs the steps of a runbook.
---
---     local outcome = run.steps(book.steps, { from = 1, show = show, ask = ask, output = io.write, transcript = log })
---
--- Users call this as `book:run`; see lanyard.runbook.

local bash_block = require "lanyard.runbook.bash_block"
local bounded = require "lanyard.text.bounded"
local clock = require "lanyard.clock"
local lua_block = require "lanyard.runbook.lua_block"
local process = require "lanyard.process"
local shellwords = require "lanyard.text.shellwords"
local task = require "lanyard.task"

local M = {}

local MAX_OUTPUT = 1024 * 1024 -- bytes of a command's output in the transcript

---@class runbook.Result  of a command, or of a `lua` or `bash` block
---@field started number     seconds since the Unix epoch
---@field seconds number     duration
---@field command string     the command line, or "lua block" or "bash block"
---@field output string
---@field omitted integer    bytes missing from `output`
---@field ended string       how it ended, as text
---@field ok boolean         whether its exit status is one that the step accepts

---@class runbook.RunOptions
---@field from integer  number of the first step to run
---@field show fun(step: runbook.Step)  called before each step
---@field ask fun(step: runbook.Step): "run" | "skip" | "quit"
---@field progress? fun(what: string): table  called when a command or block starts; its result is closed at its end
---@field output fun(text: string)  receives what steps print; see lanyard.runbook.capture
---@field transcript runbook.Transcript

---@class runbook.Outcome
---@field kind "done" | "failed" | "quit"
---@field ran integer           steps run
---@field skipped integer       steps skipped
---@field not_run? integer      bash blocks that were not run, if any
---@field step? runbook.Step    the step that failed, or before which the run was quit
---@field message? string       why the step failed

-- Runs one command, or the block of a step. Returns its exit status as lanyard.process has it, or nil and an error.
local function execute(step, command, output)
  if command then
    return process.run { words = process.lanyard(command.words), errors = "join", output = output }
  elseif step.kind == "bash" then
    return process.run { words = bash_block.words(step.text, step.vars), errors = "join", output = output }
  end
  local result = lua_block.run(step.run, output)
  if result.message then
    output("lanyard: " .. result.message .. "\n")
  end
  return result
end

-- Like `execute`, but returns a runbook.Result and, if something was raised, the raised value.
local function perform(step, command, options)
  local captured, started = bounded.new(MAX_OUTPUT), clock.now()
  local result = {
    started = clock.time(), command = command and "lanyard " .. shellwords.join(command.words) or step.kind .. " block",
  }
  local _ <close> = options.progress and options.progress(result.command) or nil
  local ok, exited, err = pcall(execute, step, command, function(text)
    captured:add(text)
    options.output(text)
  end)
  result.output, result.omitted = captured:text()
  result.seconds = clock.now() - started
  result.ok = ok and exited and step.exits[exited.status] or false
  if not ok then
    result.ended = exited == task.cancelled and "was interrupted" or tostring(exited)
    return result, exited
  end
  result.ended = exited and process.describe(exited) or "could not be run: " .. err.message
  return result
end

-- Runs the commands of a step in order. Returns the first result that is not ok, or nil.
local function run_step(step, options)
  for _, command in ipairs(step.commands or { false }) do
    local result, raised = perform(step, command, options)
    options.transcript:result(result)
    if raised then
      error(raised, 0)
    elseif not result.ok then
      return result
    end
  end
end

--- Runs steps in order until one fails or the user quits.
---@param steps runbook.Step[]
---@param options runbook.RunOptions
---@return runbook.Outcome
function M.steps(steps, options)
  local outcome = { kind = "done", ran = 0, skipped = 0 }
  for number = options.from, #steps do
    local step = steps[number]
    options.show(step)
    local choice = step.not_run and "leave out" or options.ask(step)
    if choice == "leave out" then
      outcome.not_run = (outcome.not_run or 0) + 1
      options.transcript:not_run(step, step.not_run)
    elseif choice == "quit" then
      outcome.kind, outcome.step = "quit", step
      return outcome
    elseif choice == "skip" then
      outcome.skipped = outcome.skipped + 1
      options.transcript:skip(step)
    else
      options.transcript:begin(step)
      local failed = run_step(step, options)
      if failed then
        outcome.kind, outcome.step, outcome.message = "failed", step, ("%s %s"):format(failed.command, failed.ended)
        return outcome
      end
      outcome.ran = outcome.ran + 1
    end
  end
  return outcome
end

return M
