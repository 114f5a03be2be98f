-- The seam between a script and the person or program that runs it: its options, its result on
-- stdout, its talk on stderr, its exit status.
--
--   local cli = require "lanyard.cli"
--   local command = cli.command(...):with_aws():with_output { "table", "json" }
--   command:argument("service", "The container service.")
--   local options = command:parse()
--
-- A script's first comment is its help: one sentence, then (after an empty comment line) more.
-- What a script raises with `cli.fail` ends the program with one line on stderr.

local errors = require "lanyard.errors"
local escape = require "lanyard.text.escape"
local prompt = require "lanyard.prompt"
local system = require "lanyard.system"

local M = {}

-- The exit statuses. `found`: a plan or an audit found something; `refused`: a rule said no.
M.exit = { ok = 0, failed = 1, usage = 2, found = 3, refused = 4, interrupted = 130 }

-- Whether --debug was given: tracebacks and the wire log go to stderr.
M.debug = os.getenv "LANYARD_DEBUG" == "1"

-- The texts of scripts by chunk name, for those that came from no file (lanyard.cli.main fills it).
M.sources = {}

-- ---------------------------------------------------------------------------------------------
-- Leaving

local Exit = {}
Exit.__index = Exit
Exit.__name = "lanyard.exit"

function Exit:__tostring()
  return self.message or ("exit " .. self.status)
end

-- Ends the script with a status and, on stderr, a message.
function M.leave(status, message)
  error(setmetatable({ status = status, message = message }, Exit), 0)
end

-- Whether a raised value is a script's own exit.
function M.is_exit(value)
  return getmetatable(value) == Exit
end

-- The codes of errors that a different command line would have avoided.
local USAGE_CODES = { NoRegion = true, InvalidName = true, InvalidRegion = true, InvalidRules = true, Usage = true }

-- The exit status that an error asks for.
function M.status_of(err)
  local code = errors.is(err) and err.code
  if code == "RefusedByRule" then
    return M.exit.refused
  end
  return USAGE_CODES[code] and M.exit.usage or M.exit.failed
end

-- Ends the script with an error: a text, or an err with its advice on what to do next.
function M.fail(err, status)
  M.leave(status or M.status_of(err), M.describe(err))
end

-- An error and what to do about it, as lines for a person; what it quotes is harmless to a terminal.
function M.describe(err)
  local advice = errors.is(err) and require("lanyard.aws.advice").advice(err)
  local text = advice and tostring(err) .. "\n" .. advice or tostring(err)
  return (text:gsub("[^\n]+", escape.printable))
end

-- ---------------------------------------------------------------------------------------------
-- Printing

local function write(stream, text)
  if text:sub(-1) ~= "\n" then
    text = text .. "\n"
  end
  local ok, why = stream:write(text)
  if ok then
    ok, why = stream:flush()
  end
  return ok, why
end

-- Prints part of the result on stdout. What cannot be written is not passed over: it ends the script.
function M.out(text)
  if text == "" then
    return
  end
  local ok, why = write(io.stdout, text)
  if not ok then
    M.leave(M.exit.failed, "cannot write the result: " .. why)
  end
end

-- Tells the person something on stderr.
function M.note(text)
  write(io.stderr, text)
end

local COLOURS = { red = 31, green = 32, yellow = 33, blue = 34, cyan = 36, bold = 1, dim = 2 }

local function wants_colour(fd)
  local forbidden = os.getenv "NO_COLOR"
  return system.isatty(fd) and (forbidden == nil or forbidden == "") and os.getenv "TERM" ~= "dumb"
end

-- The text in a colour where stdout (or the descriptor given) is a terminal that has them; elsewhere the text.
function M.paint(colour, text, fd)
  if not colour or not wants_colour(fd or 1) then
    return text
  end
  return ("\27[%dm%s\27[0m"):format(COLOURS[colour], text)
end

-- Whether diffs on stdout are coloured.
function M.colours()
  return wants_colour(1)
end

-- A line on a terminal's stderr that the next one overwrites; silent elsewhere, and while a person is asked.
-- `progress(text)` shows, `progress(nil)` clears.
function M.progress(text)
  if prompt.open or not system.isatty(2) then
    return
  end
  local width = system.columns(2) or 80
  io.stderr:write("\r\27[K", text and text:sub(1, width - 1) or "")
  io.stderr:flush()
end

-- Asks before something far-reaching. --yes answers; a terminal is asked; elsewhere nobody waits,
-- and the script ends with the status of a usage error.
function M.confirm(options, question)
  if options.yes then
    return
  end
  if not prompt.possible() then
    M.leave(M.exit.usage, question .. " Pass --yes to agree where no terminal can be asked.")
  end
  local answer = prompt.ask(question .. " [y/N] ")
  if not answer or not answer:lower():match "^%s*y" then
    M.leave(M.exit.failed, "nothing was changed")
  end
end

-- ---------------------------------------------------------------------------------------------
-- Options

-- The comment a script begins with: its first sentence and its whole text.
function M.header(source)
  local lines = {}
  for line in source:gsub("^#![^\n]*\n", ""):gmatch "([^\n]*)\n?" do
    local text = line:match "^%-%-%-? ?(.*)$"
    if not text then
      break
    end
    lines[#lines + 1] = text
  end
  local text = table.concat(lines, "\n")
  local summary = text:match "^(.-)\n%s*\n" or text
  return summary:gsub("\n", " "), text
end

local function source_of(chunk_name)
  if M.sources[chunk_name] then
    return M.sources[chunk_name]
  end
  local path = chunk_name:match "^@(.*)"
  return path and system.read_file(path) or ""
end

-- "90", "90s", "10m", "2h", "1d" --> seconds; for argparse's convert.
function M.duration(text)
  local number, unit = text:match "^(%d+%.?%d*)([smhd]?)$"
  if not number then
    return nil, ("'%s' is no duration: write 90s, 10m, 2h or 1d"):format(text)
  end
  return tonumber(number) * ({ s = 1, m = 60, h = 3600, d = 86400 })[unit ~= "" and unit or "s"]
end

-- "10", "2.5" --> seconds; 0 is no limit, as the AWS CLI has it. For argparse's convert.
function M.seconds(text)
  local number = text:find "^%d+%.?%d*$" and tonumber(text)
  if number then
    return number
  end
  return nil, ("'%s' is no timeout: write seconds, 0 for none"):format(text)
end

-- Paragraphs as one line each, to be wrapped anew; indented lines stay as they are.
local function unwrapped(text)
  return (text:gsub("([^\n])\n([^%s])", "%1 %2"))
end

local Command = {}
Command.__index = Command

-- Makes the command line of the calling script. The arguments are the script's own (`...`).
function M.command(...)
  local chunk_name = debug.getinfo(2, "S").source
  local _, help = M.header(source_of(chunk_name))
  local name = chunk_name:match "([^/]+)$":gsub("^@", ""):gsub("%.lua$", "")
  local self = setmetatable({ name = name, words = { ... } }, Command)
  self.parser = require("argparse")("lanyard " .. name, unwrapped(help)):add_help(false)
  self.parser:help_max_width(90):usage_max_width(90)
  self.parser:flag("-h --help", "Show this help.")
  self.parser:flag("--debug", "Show tracebacks and a redacted wire log."):action(function()
    M.debug = true
  end)
  return self
end

-- argparse's own makers of arguments, options, flags and sub-commands.
for _, maker in ipairs { "argument", "option", "flag", "command" } do
  Command[maker] = function(self, ...)
    return self.parser[maker](self.parser, ...)
  end
end

-- Adds the options that choose account, region and endpoint, spelled as the AWS CLI spells them.
function Command:with_aws()
  self:option("--profile", "The profile of the AWS config files."):argname "NAME"
  self:option("--region", "The AWS Region."):argname "REGION"
  self:option("--endpoint-url", "Call this endpoint instead of AWS's."):argname "URL"
  self:option("--ca-bundle", "Trust the certificates of this file instead of the system's."):argname "FILE"
  self:option("--cli-connect-timeout", "Seconds until there must be a connection (5)."):argname "SECONDS"
    :convert(M.seconds)
  self:option("--cli-read-timeout", "Seconds until there must be an answer (30)."):argname "SECONDS"
    :convert(M.seconds)
  return self
end

-- Adds --output with these formats, the first of them the default.
function Command:with_output(formats)
  self:option("--output", "How to print the result."):choices(formats):default(formats[1])
  return self
end

-- Adds --dry-run, which every changing script has.
function Command:with_dry_run()
  self:flag("--dry-run", "Show what would change and change nothing.")
  return self
end

-- Adds --rules, which every script has that changes something by lanyard.access.
function Command:with_rules()
  self:option("--rules", "Ask the rules of this file before each change."):argname "FILE"
  self.has_rules = true
  return self
end

-- Adds --yes, for scripts that may ask.
function Command:with_yes()
  self:flag("--yes", "Agree to what would be asked.")
  return self
end

-- Ends the script as a usage error.
function Command:usage(message)
  local line = escape.printable((message:gsub("\n", " ")))
  M.leave(M.exit.usage, ("%s (lanyard help %s)"):format(line, self.name))
end

-- The options and arguments given, by name. A mistake ends the script with a line and status 2.
function Command:parse()
  for _, word in ipairs(self.words) do
    if word == "--" then
      break
    elseif word == "-h" or word == "--help" then
      M.out(self.parser:get_help())
      M.leave(M.exit.ok)
    end
  end
  local ok, result = self.parser:pparse(self.words)
  if not ok then
    self:usage(result)
  end
  result.has_rules = self.has_rules
  return result
end

-- ---------------------------------------------------------------------------------------------
-- Reaching AWS

-- What the options of with_aws say to aws.session.
function M.session_options(options)
  return {
    profile = options.profile,
    region = options.region,
    endpoint_url = options.endpoint_url,
    ca_bundle = options.ca_bundle,
    connect_timeout = options.cli_connect_timeout,
    timeout = options.cli_read_timeout,
    debug = M.debug and M.note or nil,
  }
end

-- The session that the options ask for. Ends the script where the region or the profile is missing.
function M.session(options)
  local session, err = require("lanyard.aws").session(M.session_options(options))
  if not session then
    M.fail(err)
  end
  return session
end

-- The first of two results, or the script ends with the second.
function M.check(result, err)
  if result == nil then
    M.fail(err)
  end
  return result
end

-- The same for a file that the command line names: that it cannot be read or used is a usage error.
function M.check_file(result, err)
  if result == nil then
    M.fail(err, M.exit.usage)
  end
  return result
end

-- Checks a mute when a rules file is loaded. The findings are loaded only for a file that mutes something.
function M.check_mute(mute)
  return require("lanyard.audit.mutes").check(mute)
end

-- The rules that the options ask for; those of a script that has --rules are looked at right away.
function M.rules(options)
  if options.rules == "" then
    M.leave(M.exit.usage, "--rules names no file")
  end
  local rules = require("lanyard.rules").new {
    path = options.rules,
    check_mute = M.check_mute,
    tell = function(text) M.note("lanyard: warning: " .. text) end,
  }
  if options.has_rules then
    M.check(rules:load())
  end
  return rules
end

-- lanyard.access on the session that the options ask for, with the rules that they ask for.
function M.connect(options, settings)
  local all = { rules = M.rules(options) }
  for name, value in pairs(settings or {}) do
    all[name] = value
  end
  return M.check(require("lanyard.access").connect(M.session(options), all))
end

return M
