--- Shows a runbook to the user who runs it, and asks what to do. Writes to stderr: stdout has what the steps print.
---
---     console.show(book, step)
---     if console.ask() == "run" then ... end

local cli = require "lanyard.cli"
local clock = require "lanyard.clock"
local escape = require "lanyard.text.escape"
local harmless = require "lanyard.runbook.harmless"
local print_rows = require("lanyard.cli.print").rows
local progress = require "lanyard.cli.progress"
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
    rows[i] = { tostring(i), step.kind, tostring(step.line), step.name .. (step.not_run and " (not run)" or "") }
  end
  print_rows({ "STEP", "KIND", "LINE", "NAME" }, rows)
end

--- Prints the remarks of lanyard.runbook.check on stdout, and a summary on stderr.
---@param name string  file name of the runbook
---@param remarks runbook.Remark[]
---@param steps integer  how many were verified
---@return boolean ok  whether there is no problem
function M.report(name, remarks, steps)
  local problems = 0
  for _, remark in ipairs(remarks) do
    problems = problems + (remark.is_problem and 1 or 0)
    cli.out(escape.format("%s:%d: %s%s", name, remark.line, remark.is_problem and "" or "note: ", remark.message))
  end
  cli.note(escape.format("lanyard: %s: steps verified: %d, problems: %d", name, steps, problems))
  return problems == 0
end

--- Shows what a step runs.
---@param book runbook.Book
---@param step runbook.Step
function M.show(book, step)
  local name = escape.printable(("%d/%d  %s"):format(step.number, #book.steps, step.name))
  cli.note(("\n%s  (%s:%d)"):format(cli.paint("bold", name, STDERR), escape.printable(book.name), step.line))
  cli.note((runbook.lines(step):gsub("[^\n]+", function(line) return "    " .. escape.printable(line) end)))
  if step.not_run then
    cli.note("not run: " .. step.not_run)
  end
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

---@class runbook.Display
---@field write fun(text: string)   shows output of a step
---@field finish fun()              shows output that was held back because its last character is incomplete
---@field progress fun(what: string): table  shows that a command runs, until its result is closed

-- Writes to stdout, and ends the script when that fails. A failure to write to a terminal is ignored: when a terminal
-- closes, a signal follows, and it lets the running step end in order. A closed pipe is ignored, too: the steps and the
-- transcript continue.
local function write_to(stdout, is_terminal, text)
  local ok, message, number = stdout:write(text)
  if ok then
    ok, message, number = stdout:flush()
  end
  if not ok and not is_terminal and number ~= terminal.CLOSED_PIPE then
    cli.problem("OutputFailed", "cannot write the result: " .. message)
  end
end

-- Shows that a command runs, and for how many seconds.
local function running(what)
  local began = clock.now()
  return progress.show { line = function() return ("running for %.0f s: %s"):format(clock.now() - began, what) end }
end

--- Returns the display of a run, which writes to the stdout and stderr of this moment. On a terminal, control
--- characters in the output of steps are escaped, and a line shows the running command and its seconds.
---@return runbook.Display
function M.display()
  local stdout, is_terminal = io.stdout, system.isatty(STDOUT)
  local filter = harmless.new()
  local function show(text)
    if text ~= "" then
      progress.erase(text)
      write_to(stdout, is_terminal, text)
    end
  end
  return {
    write = function(text) show(is_terminal and filter:add(text) or text) end,
    finish = function() show(is_terminal and filter:rest() or "") end,
    progress = running,
  }
end

--- Describes the outcome of a run in one line, with the command that resumes it.
---@param outcome runbook.Outcome | { kind: "interrupted", step: runbook.Step }
---@param file string   the runbook
---@param extra string  what the command needs besides --from
---@return string
function M.describe(outcome, file, extra)
  local step = outcome.step
  if not step then
    return ("done: steps run: %d, skipped: %d%s"):format(outcome.ran, outcome.skipped,
      outcome.not_run and (", not run without --shell: %d"):format(outcome.not_run) or "")
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
