local cli = require "lanyard.cli"

local command = cli.command {
  summary = "Run a command repeatedly, and report changes in what it finds.",
  category = "operations",
  description = [[
Runs a lanyard command every 5 minutes and prints its output when it changes.
Exit status 3 counts as a finding, 0 as ok, anything else as a failure.

--on-finding runs a command, without a shell, with the output on its stdin and
LANYARD_STATUS=3. --webhook receives JSON about findings, failures and recovery.
Both receive only what is new or has changed, or with --always every finding and
failure. A failure does not stop the watch.

A signal stops the watch. Between two runs it exits with 0. During a run it lets
the command clean up, and exits with 130. With --times, --until-ok or
--stop-on-failure it exits with the status of the last run: 0, 3, or 1 for a
failure.

A watch runs once per user and machine. Watches with the same --name, or without
a name with the same command, profile and Region, are the same watch.
]],
  usage = { "[OPTION ...] -- <command> [<argument> ...]" },
  arguments = { { "command", args = "+", help = "The lanyard command, with its options and arguments." } },
  options = {
    { "--every", type = "positive-duration", default = "5m",
      help = "Time from the start of a run to the start of the next, 10% more or less." },
    { "--on-finding", type = "text", value = "COMMAND", help = "Run this command when there is a finding." },
    { "--webhook", type = "text", value = "URL",
      help = "Post JSON to this URL. Use LANYARD_WEBHOOK instead to hide the URL from ps." },
    { "--always", help = "Report every finding and failure, and print every output." },
    { "--times", type = "positive-integer", help = "Stop after this many runs." },
    { "--until-ok", help = "Stop when the command exits with 0." },
    { "--stop-on-failure", help = "Stop when the command fails." },
    { "--name", type = "text", value = "NAME", help = "Name that identifies the watch, instead of its command." },
  },
  exit = {
    { 0, "stopped by a signal between two runs, or the last run exited with 0" },
    { 1, "the watch could not start, or the last run failed" },
    { 3, "the last run had a finding" },
    { 130, "interrupted during a run" },
  },
  examples = {
    { "lanyard watch --every 5m --webhook https://... -- audit --fail-on high",
      "Audit every 5 minutes and post changes to a webhook." },
    { "lanyard watch --until-ok --every 30s -- status web",
      "Check a service every 30 seconds until the command succeeds." },
  },
}
local options = command:parse(...)

local bounded = require "lanyard.text.bounded"
local clock = require "lanyard.clock"
local environment = require "lanyard.environment"
local notify = require "lanyard.watch.notify"
local meters = require "lanyard.meter"
local process = require "lanyard.process"
local progress = require "lanyard.cli.progress"
local shellwords = require "lanyard.text.shellwords"
local single_instance = require "lanyard.watch.single_instance"
local system = require "lanyard.system"
local terminal = require "lanyard.cli.terminal"
local timestamp = require "lanyard.text.timestamp"
local watch = require "lanyard.watch"

local MAX_OUTPUT = 16 * 1024 * 1024 -- bytes of a run's output

local words = options.command
if words[1] == "lanyard" then
  table.remove(words, 1)
end
if #words == 0 then
  command:usage("name the command to watch", "MissingArgument")
end
local host = system.hostname() or "?"
local channels = {}
if options.on_finding then
  local list, message = shellwords.split(options.on_finding)
  channels[1] = list and notify.command(list) or command:usage("--on-finding: " .. message, "InvalidValue")
end
local url = options.webhook or environment.get "LANYARD_WEBHOOK"
if url then
  channels[#channels + 1] = cli.check(notify.webhook(url, { command = words, host = host }))
end
system.setenv("LANYARD_WEBHOOK", nil) -- the watched command must not see it

local _ <close> = cli.check(single_instance.acquire(options.name, words))

local function print_output(errors, output)
  io.stderr:write(errors)
  cli.data(output)
end

local function once()
  local output, started = bounded.new(MAX_OUTPUT), clock.time()
  local began = clock.now()
  local _ <close> = progress.show {
    line = function() return "running for " .. meters.duration(clock.now() - began) end,
  }
  local ended, err = process.run {
    words = process.lanyard(words), errors = "keep", output = function(text) output:add(text) end,
    -- What the command reports of its changes when it is interrupted is printed, whether or not it is new.
    interrupted = function(result) print_output(result.errors, output:text()) end,
  }
  return {
    status = ended and ended.status, ended = ended and process.describe(ended) or err.message,
    output = output:text(), errors = ended and ended.errors or err.message,
    started = started, seconds = clock.time() - started,
  }
end

return watch.run {
  once = once,
  every = options.every, times = options.times, until_ok = options.until_ok,
  stop_on_failure = options.stop_on_failure, always = options.always,
  channels = channels,
  waiting = function(seconds)
    local next_run = clock.now() + seconds
    return progress.show { line = function() return "next run in " .. meters.duration(next_run - clock.now()) end }
  end,
  log = function(text) cli.note(("lanyard: %s %s"):format(timestamp.shown(clock.time()), text)) end,
  show = function(run)
    if terminal.closed then
      cli.leave(cli.exit.ok) -- nobody reads the results
    end
    print_output(run.errors, run.output)
  end,
}
