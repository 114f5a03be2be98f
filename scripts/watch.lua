-- Run a lanyard command again and again, and tell when what it finds changes.
--
-- lanyard watch --every 5m --webhook https://... -- audit --fail-on high
--
-- Status 3 of the command is a finding: --on-finding runs a command of yours (no shell reads it) with the output
-- as its input and LANYARD_STATUS=3; --webhook gets JSON on findings, failures, and when all is well again. They
-- are told what is new or has changed; with --always, of each run that found something or failed. After a failure
-- the next run comes all the same.
--
-- It ends on a signal: between two runs with 0; during one, that is ended first, with 130. With --times,
-- --until-ok and --stop-on-failure it ends with the status of the last run (0, 3, else 1). The same watch (by
-- --name, else by command, profile and Region) does not run twice on a machine.

local process = require "lanyard.process"
local cli = require "lanyard.cli"
local clock = require "lanyard.clock"
local bounded = require "lanyard.text.bounded"
local timestamp = require "lanyard.text.timestamp"
local notify = require "lanyard.watch.notify"
local single_instance = require "lanyard.watch.single_instance"
local environment = require "lanyard.environment"
local system = require "lanyard.system"
local watch = require "lanyard.watch"
local shellwords = require "lanyard.text.shellwords"

local MOST_KEPT = 16 * 1024 * 1024

local function positive(convert)
  return function(text)
    local number, why = convert(text)
    if number and number <= 0 then
      number, why = nil, ("'%s' must be more than 0"):format(text)
    end
    return number, why
  end
end

local function whole_number(text)
  return math.tointeger(tonumber(text)), ("'%s' is no whole number"):format(text)
end

local command = cli.command(...)
command:argument("command", "The lanyard command, behind --."):args "+"
command:option("--every", "From the start of a run to that of the next, a tenth more or less.")
  :argname("TIME"):default("5m"):convert(positive(cli.duration))
command:option("--on-finding", "Run this command when there is a finding."):argname "COMMAND"
command:option("--webhook", "Post JSON to this URL; better in LANYARD_WEBHOOK, where ps does not show it.")
  :argname "URL"
command:flag("--always", "Tell every finding and failure, and show every output.")
command:option("--times", "End after so many runs."):argname("N"):convert(positive(whole_number))
command:flag("--until-ok", "End when the command ends with 0.")
command:flag("--stop-on-failure", "End when the command fails.")
command:option("--name", "What the watch is called, to run only once."):argname "NAME"
local options = command:parse()

local line = options.command
if line[1] == "lanyard" then
  table.remove(line, 1)
end
if #line == 0 then
  command:usage "name the command to watch"
end
local host = (system.read_file "/proc/sys/kernel/hostname" or "?"):match "^[^\n]*"
local channels = {}
if options.on_finding then
  local list, why = shellwords.split(options.on_finding)
  channels[1] = list and notify.command(list) or command:usage("--on-finding: " .. why)
end
local url = options.webhook or environment.get "LANYARD_WEBHOOK"
if url then
  channels[#channels + 1] = cli.check(notify.webhook(url, { command = line, host = host }))
end
system.setenv("LANYARD_WEBHOOK", nil) -- the commands need not know it

local _ <close> = cli.check(single_instance.one(options.name, line))

local function once()
  local kept, begun = bounded.new(MOST_KEPT), clock.time()
  local ended, err = process.run {
    words = process.lanyard(line), errors = "keep", output = function(text) kept:add(text) end,
  }
  return {
    status = ended and ended.status, ended = ended and process.describe(ended) or err.message,
    output = kept:text(), errors = ended and ended.errors or err.message,
    begun = begun, seconds = clock.time() - begun,
  }
end

return watch.run {
  once = once,
  every = options.every, times = options.times, until_ok = options.until_ok,
  stop_on_failure = options.stop_on_failure, always = options.always,
  channels = channels,
  tell = function(text) cli.note(("lanyard: %s %s"):format(timestamp.format(clock.time()), text)) end,
  show = function(run)
    io.stderr:write(run.errors)
    cli.out(run.output)
  end,
}
