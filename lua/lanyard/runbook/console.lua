--- Shows a runbook to the user who runs it, and asks what to do. Writes to stderr: stdout has what the steps print.
---
---     console.show(book, step)
---     if console.ask() == "run" then ... end

local cli = require "lanyard.cli"
local escape = require "lanyard.text.escape"
local print_rows = require("lanyard.cli.print").rows
local prompt = require "lanyard.prompt"
local runbook = require "lanyard.runbook"
local shellwords = require "lanyard.text.shellwords"
local system = require "lanyard.system"
local terminal = require "lanyard.cli.terminal"

local M = {}

local STDOUT, STDERR = 1, 2

--- Prints the steps of a runbook as a table, on stdout.
---@param book runbook.Book
function M.list(book)
  local rows = {}
  for i, step in ipairs(book.steps) do
    rows[i] = { tostring(i), step.kind, tostring(step.line), step.name }
  end
  print_rows({ "STEP", "KIND", "LINE", "NAME" }, rows)
end

--- Shows what a step runs.
---@param book runbook.Book
---@param step runbook.Step
function M.show(book, step)
  local name = escape.printable(("%d/%d  %s"):format(step.number, #book.steps, step.name))
  cli.note(("\n%s  (%s:%d)"):format(cli.paint("bold", name, STDERR), escape.printable(book.name), step.line))
  cli.note((runbook.lines(step):gsub("[^\n]+", function(line) return "    " .. escape.printable(line) end)))
end

local ANSWERS = { r = "run", s = "skip", q = "quit" }

--- Asks on the terminal what to do with a step. The end of the input means "quit".
---@return "run" | "skip" | "quit"
function M.ask()
  while true do
    local answer = prompt.ask "run, skip or quit? [r/s/q] "
    local choice = not answer and "quit" or ANSWERS[answer:match "^%s*(%a?)":lower()]
    if choice then
      return choice
    end
  end
end

--- Returns a function that writes to the stdout of this moment, and ends the script when that fails. A failure to write
--- to a terminal is ignored: when a terminal closes, a signal follows, and it lets the running step end in order. A
--- closed pipe is ignored, too: the steps and the transcript continue.
---@return fun(text: string)
function M.printer()
  local stdout, is_terminal = io.stdout, system.isatty(STDOUT)
  return function(text)
    local ok, message, number = stdout:write(text)
    if ok then
      ok, message, number = stdout:flush()
    end
    if not ok and not is_terminal and number ~= terminal.CLOSED_PIPE then
      cli.leave(cli.exit.failed, "cannot write the result: " .. message)
    end
  end
end

--- Describes the outcome of a run in one line, with the command that resumes it.
---@param outcome runbook.Outcome | { kind: "interrupted", step: runbook.Step }
---@param file string   the runbook
---@param extra string  what the command needs besides --from
---@return string
function M.describe(outcome, file, extra)
  local step = outcome.step
  if not step then
    return ("done: steps run: %d, skipped: %d"):format(outcome.ran, outcome.skipped)
  end
  local resume = "; to resume: "
    .. shellwords.join { "lanyard", "runbook", file, "--from", tostring(step.number) } .. extra
  if outcome.kind == "quit" then
    return ("stopped before step %d, as requested"):format(step.number) .. resume
  elseif outcome.kind == "interrupted" then
    return ("interrupted at step %d (%s)"):format(step.number, step.name) .. resume
  end
  return ("step %d (%s) failed: %s"):format(step.number, step.name, outcome.message) .. resume
end

return M
