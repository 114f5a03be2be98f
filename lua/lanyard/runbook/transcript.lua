--- Writes the transcript of a runbook: Markdown, appended to a file after each step, so that it is complete up to the
--- moment at which a run is killed.
---
---     local path = transcript.path "ops/restore.md"
---     local log = assert(transcript.open(path, { title = "Restore", about = {}, warn = print }))
---     log:begin(step)
---     log:result(result)
---     log:close "done"
---
--- Known secrets are left out (lanyard.text.redact), and no output can end its fence or control a terminal. If the
--- transcript cannot be written (for example because the disk is full), this is reported once and the run continues:
--- the steps matter more.

local clock = require "lanyard.clock"
local escape = require "lanyard.text.escape"
local redact = require "lanyard.text.redact"
local system = require "lanyard.system"
local timestamp = require "lanyard.text.timestamp"

local M = {}

---@class runbook.Transcript
---@field path string
local Transcript = {}
Transcript.__index = Transcript

-- Returns an output as a terminal shows it in the end: without colours, and only the last state of a line that was
-- overwritten.
local function as_displayed(text)
  text = text:gsub("\27%[[%d;]*%a", "")
  return (text:gsub("([^\n]+)(\n?)", function(line, stop)
    line = stop ~= "" and (line:match "^.*[^\r]" or "") or line
    return (line:match "^.*\r(.*)$" or line) .. stop
  end))
end

local printable = escape.lines

-- Returns the text in a fence that is longer than any in the text.
local function fenced(info, text)
  local longest = 2
  for run in text:gmatch "`+" do
    longest = math.max(longest, #run)
  end
  local fence = ("`"):rep(longest + 1)
  return ("%s%s\n%s%s%s\n"):format(fence, info, text, text:find "[^\n]$" and "\n" or "", fence)
end

function Transcript:add(text)
  local ok, err = system.append_file(self.path, text)
  if not ok and not self.failed then
    self.failed = true
    self.warn(err)
  end
end

--- Returns the default file name of a transcript: in the current directory, from the runbook's name and the time. If
--- the file exists, because another run began in the same second, the name has a number as well.
---@param name string  file name of the runbook
---@return string
function M.path(name)
  local base = name:match "[^/]*$":gsub("%.[^.]*$", "")
  local stem = ("%s-%s"):format(base, timestamp.compact(clock.time()))
  local path, number = stem .. ".md", 1
  while system.exists(path) do
    number = number + 1
    path = ("%s-%d.md"):format(stem, number)
  end
  return path
end

--- Creates the file of a transcript, which must not exist.
---@param path string
---@param options { title: string, about: string[], warn: fun(err: lanyard.Error) }  warn: called once if writing fails
---@return runbook.Transcript?
---@return lanyard.Error?
function M.open(path, options)
  local lines = { "# Transcript: " .. escape.markdown(options.title), "" }
  for _, line in ipairs(options.about) do
    lines[#lines + 1] = "- " .. escape.markdown(redact.text(line))
  end
  lines[#lines + 1] = "- started: " .. timestamp.shown(clock.time())
  local ok, err = system.append_file(path, table.concat(lines, "\n") .. "\n", "new")
  if not ok then
    err.tip = "pass --transcript FILE for another file, or --no-transcript"
    return nil, err
  end
  return setmetatable({ path = path, warn = options.warn }, Transcript)
end

local function heading(step)
  return ("\n## %d. %s\n\n"):format(step.number, escape.markdown(step.name))
end

--- Records that a step starts.
---@param step runbook.Step
function Transcript:begin(step)
  self:add(heading(step) .. ("Line %d, started %s.\n\n"):format(step.line, timestamp.shown(clock.time()))
    .. fenced(step.kind, redact.text(printable(step.text))))
end

--- Records how a command or a `lua` block of the current step ended.
---@param result runbook.Result
function Transcript:result(result)
  local command = escape.code(redact.text(result.command))
  local omitted = result.omitted > 0 and (", %d bytes of output omitted"):format(result.omitted) or ""
  self:add(("\n%s: %s %s after %.1f s%s%s\n"):format(timestamp.shown(result.started), command,
    escape.markdown(result.ended), result.seconds, omitted, result.output == "" and ", without output." or ":"))
  if result.output ~= "" then
    self:add("\n" .. fenced("text", redact.text(printable(as_displayed(result.output)))))
  end
end

--- Records a step that is not run at all, and why.
---@param step runbook.Step
---@param reason string
function Transcript:not_run(step, reason)
  self:add(heading(step) .. ("Line %d, not run: %s.\n\n"):format(step.line, escape.markdown(reason))
    .. fenced(step.kind, redact.text(printable(step.text))))
end

--- Records that a step was skipped.
---@param step runbook.Step
function Transcript:skip(step)
  self:add(heading(step) .. ("Skipped at %s.\n"):format(timestamp.shown(clock.time())))
end

--- Records how the run ended, in one line.
---@param text string
function Transcript:close(text)
  self:add(("\n## End\n\n%s: %s\n"):format(timestamp.shown(clock.time()), escape.markdown(redact.text(text))))
end

--- Returns a transcript that records nothing.
---@return runbook.Transcript
function M.none()
  local nothing = function() end
  return setmetatable({}, { __index = function() return nothing end })
end

return M
