-- The transcript of a runbook: Markdown, added to a file as the steps end, so that it tells what was done whatever
-- happens next.
--
--   local log, err = transcript.open(transcript.path "ops/restore.md", { title, about = transcript.about(...), warn })
--   log:begin(step)  log:ran(ran)  log:skipped(step)  log:close "done"
--
-- Known secrets are left out (lanyard.text.redact), and nothing in an output can end its fence or reach a terminal.
-- What
-- cannot be written (a full disk) is told once, by warn(err), and ends nothing: the steps matter more.

local clock = require "lanyard.clock"
local environment = require "lanyard.environment"
local escape = require "lanyard.text.escape"
local timestamp = require "lanyard.text.timestamp"
local redact = require "lanyard.text.redact"
local crypto = require "lanyard.crypto"
local system = require "lanyard.system"
local version = require "lanyard.version"

local M = {}

local Transcript = {}
Transcript.__index = Transcript

-- What a person saw of an output: no colours, and of a line that was written over the last state.
local function seen(text)
  return (text:gsub("\27%[[%d;]*%a", ""):gsub("\r+\n", "\n"):gsub("[^\n]*\r", ""))
end

-- The text, harmless, line by line.
local function harmless(text)
  return (text:gsub("[^\n\t]+", escape.printable))
end

-- A fenced block that holds the text, whatever is in it.
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

-- The transcript's file, where none is named: in the current folder, by the runbook's name and the time.
function M.path(name)
  local base = name:match "[^/]*$":gsub("%.[^.]*$", "")
  return ("%s-%s.md"):format(base, os.date("!%Y%m%dT%H%M%SZ", math.floor(clock.time())))
end

-- What is to be known of a run, a line each. text: the runbook's; set: its variables, NAME=VALUE.
function M.about(name, text, set)
  local user = environment.get "USER" or environment.get "LOGNAME"
  local host = (system.read_file "/proc/sys/kernel/hostname" or "?"):match "^[^\n]*"
  local lines = {
    ("runbook: %s (SHA-256 %s)"):format(name, crypto.sha256_hex(text)),
    "lanyard " .. version,
    user and ("by: %s on %s"):format(user, host) or "on: " .. host,
  }
  for _, variable in ipairs { "AWS_PROFILE", "AWS_REGION", "AWS_DEFAULT_REGION", "AWS_ENDPOINT_URL" } do
    local value = environment.get(variable)
    lines[#lines + 1] = value and ("%s: %s"):format(variable, value)
  end
  for _, pair in ipairs(set) do
    lines[#lines + 1] = "set: " .. pair
  end
  return lines
end

-- open(path, { title, about = list of lines, warn = f }) --> transcript | nil, err; the file must not be there.
function M.open(path, options)
  local lines = { "# Transcript: " .. escape.markdown(options.title), "" }
  for _, line in ipairs(options.about) do
    lines[#lines + 1] = "- " .. escape.markdown(redact.text(line))
  end
  lines[#lines + 1] = "- begun: " .. timestamp.format(clock.time())
  local ok, err = system.append_file(path, table.concat(lines, "\n") .. "\n", "new")
  if not ok then
    err.tip = "--transcript FILE names another file, --no-transcript writes none"
    return nil, err
  end
  return setmetatable({ path = path, warn = options.warn }, Transcript)
end

local function heading(step)
  return ("\n## %d. %s\n\n"):format(step.number, escape.markdown(step.name))
end

function Transcript:begin(step)
  self:add(heading(step) .. ("Line %d, begun %s.\n\n"):format(step.line, timestamp.format(clock.time()))
    .. fenced(step.kind, redact.text(harmless(step.text))))
end

-- ran: of lanyard.runbook
function Transcript:ran(ran)
  local what = escape.code(redact.text(ran.what))
  local left_out = ran.left_out > 0 and (", %d bytes of its output left out"):format(ran.left_out) or ""
  self:add(("\n%s: %s %s after %.1f s%s%s\n"):format(timestamp.format(ran.at), what, escape.markdown(ran.ended),
    ran.seconds, left_out, ran.output == "" and "; it printed nothing." or ":"))
  if ran.output ~= "" then
    self:add("\n" .. fenced("text", redact.text(harmless(seen(ran.output)))))
  end
end

function Transcript:skipped(step)
  self:add(heading(step) .. ("Skipped at %s.\n"):format(timestamp.format(clock.time())))
end

-- text: how it ended, a line.
function Transcript:close(text)
  self:add(("\n## End\n\n%s: %s\n"):format(timestamp.format(clock.time()), escape.markdown(redact.text(text))))
end

-- In the place of a transcript where none is wanted.
function M.none()
  local nothing = function() end
  return setmetatable({}, { __index = function() return nothing end })
end

return M
