local cli = require "lanyard.cli"

local command = cli.command {
  summary = "Run a command repeatedly, and report changes in what it finds.",
  category = "operations",
  description = [[
Exit status 3 of the command is a finding. --on-finding runs a command of yours,
without a shell, with the output on its stdin and LANYARD_STATUS=3. --webhook
gets JSON about findings, failures and recovery. Both get what is new or has
changed; with --always, every finding and failure. A failure does not end the
watch.

The watch ends on a signal: between two runs with status 0; during a run it ends
the command first, and exits with 130. With --times, --until-ok or
--stop-on-failure it exits with the status of the last run (0, 3, or 1). A watch
of the same name, or of the same command, profile and Region, does not run twice
on one machine.
]],
  arguments = { { "command", args = "+", help = "The lanyard command, after --." } },
  options = {
    { "--every", type = "positive-duration", default = "5m",
      help = "Time from the start of a run to the start of the next, 10% more or less." },
    { "--on-finding", type = "text", value = "COMMAND", help = "Run this command when there is a finding." },
    { "--webhook", type = "text", value = "URL",
      help = "Post JSON to this URL. LANYARD_WEBHOOK sets it, too, and hides it from ps." },
    { "--always", help = "Report every finding and failure, and print every output." },
    { "--times", type = "positive-integer", help = "End after this many runs." },
    { "--until-ok", help = "End when the command exits with 0." },
    { "--stop-on-failure", help = "End when the command fails." },
    { "--name", type = "text", value = "NAME", help = "Name of the watch; one watch of a name runs at a time." },
  },
  exit = {
    { 0, "ended by a signal between two runs, or the last run exited with 0" },
    { 1, "the watch could not start, or the last run failed" },
    { 3, "the last run had a finding" },
    { 130, "interrupted during a run" },
  },
  examples = {
    { "lanyard watch --every 5m --webhook https://... -- audit --fail-on high" },
    { "lanyard watch --until-ok --every 30s -- status web", "Wait until a command succeeds." },
  },
}
local options = command:parse(...)

local bounded = require "lanyard.text.bounded"
local clock = require "lanyard.clock"
local environment = require "lanyard.environment"
local notify = require "lanyard.watch.notify"
local process = require "lanyard.process"
local shellwords = require "lanyard.text.shellwords"
local single_instance = require "lanyard.watch.single_instance"
local system = require "lanyard.system"
local timestamp = require "lanyard.text.timestamp"
local watch = require "lanyard.watch"

local MAX_OUTPUT = 16 * 1024 * 1024 -- bytes of a run's output

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
  local list, message = shellwords.split(options.on_finding)
  channels[1] = list and notify.command(list) or command:usage("--on-finding: " .. message)
end
local url = options.webhook or environment.get "LANYARD_WEBHOOK"
if url then
  channels[#channels + 1] = cli.check(notify.webhook(url, { command = line, host = host }))
end
system.setenv("LANYARD_WEBHOOK", nil) -- the watched commands do not need it

local _ <close> = cli.check(single_instance.one(options.name, line))

local function once()
  local output, begun = bounded.new(MAX_OUTPUT), clock.time()
  local ended, err = process.run {
    words = process.lanyard(line), errors = "keep", output = function(text) output:add(text) end,
  }
  return {
    status = ended and ended.status, ended = ended and process.describe(ended) or err.message,
    output = output:text(), errors = ended and ended.errors or err.message,
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
