-- What a runbook shows to the person who runs it, and asks: on stderr, for stdout has what the steps print.

local cli = require "lanyard.cli"
local escape = require "lanyard.text.escape"
local prompt = require "lanyard.prompt"
local report = require "lanyard.cli.print"
local runbook = require "lanyard.runbook"
local system = require "lanyard.system"
local shellwords = require "lanyard.text.shellwords"

local M = {}

local STDOUT, STDERR = 1, 2

-- Prints the steps as a table.
function M.list(book)
  local rows = {}
  for i, step in ipairs(book.steps) do
    rows[i] = { tostring(i), step.kind, tostring(step.line), step.name }
  end
  report.rows({ "STEP", "KIND", "LINE", "NAME" }, rows)
end

-- Shows what a step runs.
function M.show(book, step)
  local name = escape.printable(("%d/%d  %s"):format(step.number, #book.steps, step.name))
  cli.note(("\n%s  (%s:%d)"):format(cli.paint("bold", name, STDERR), escape.printable(book.name), step.line))
  cli.note((runbook.lines(step):gsub("[^\n]+", function(line) return "    " .. escape.printable(line) end)))
end

local ANSWERS = { r = "run", s = "skip", q = "quit" }

-- Asks what to do with a step. The end of the input is to quit.
function M.ask()
  while true do
    local answer = prompt.ask "run, skip or quit? [r/s/q] "
    local choice = not answer and "quit" or ANSWERS[answer:match "^%s*(%a?)":lower()]
    if choice then
      return choice
    end
  end
end

-- printer() --> f(text), which writes to stdout as it is now, and ends the script where that cannot be done; but
-- not for a terminal that is gone, of which a signal tells: a step is not to be cut short before that comes.
function M.printer()
  local stdout, terminal = io.stdout, system.isatty(STDOUT)
  return function(text)
    local ok, why = stdout:write(text)
    if ok then
      ok, why = stdout:flush()
    end
    if not ok and not terminal then
      cli.leave(cli.exit.failed, "cannot write the result: " .. why)
    end
  end
end

-- How it ended, a line; `more` is what the command to go on needs beside --from.
function M.describe(outcome, file, more)
  local step = outcome.step
  local on = step and shellwords.join { "lanyard", "runbook", file, "--from", tostring(step.number) } .. more
  if outcome.kind == "done" then
    return ("done: steps run: %d, skipped: %d"):format(outcome.ran, outcome.skipped)
  elseif outcome.kind == "quit" then
    return ("ended before step %d, as told; to go on: %s"):format(step.number, on)
  elseif outcome.kind == "interrupted" then
    return ("interrupted at step %d (%s); to go on: %s"):format(step.number, step.name, on)
  end
  return ("step %d (%s) failed: %s; to go on: %s"):format(step.number, step.name, outcome.why, on)
end

return M
