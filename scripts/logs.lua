local cli = require "lanyard.cli"

local command = cli.command {
  summary = "Print the logs of a container service, and follow them.",
  category = "operations",
  description = [[
Prints the events of several containers merged, in order of time. Without
CONTAINER these are all containers of the running deployment, and of the one in
progress or, if there is none, the last one that failed. A container that is not
deployed any more can be named while Lightsail has its log.

Values of environment variables of the service's deployments, and what else looks
like a secret, are shown as ***. Characters that control a terminal are shown as
escapes.

--follow continues with later events, also of the containers of a later
deployment, until Ctrl-C, until the reader of a pipe is gone, or until the service
is deleted. Lightsail adds events late, with the time at which they were
printed: an event that is up to 10 minutes late is printed, after later ones.
Calls that fail and can succeed later are repeated.

--filter is applied by Lightsail:
  ERROR              events with this term
  "ERROR Exception"  events with both terms
  "?ERROR ?WARN"     events with one of the terms
  -DEBUG             events without this term (write --filter=-DEBUG)

With --output json the events are a list; with --follow, a line of JSON each.
]],
  arguments = {
    { "service", help = "Name of the container service." },
    { "container", args = "*", help = "Name of a container." },
  },
  options = {
    { "--since", type = "since", default = "1h",
      help = "Events since a date or time (2026-11-25T01:00:00Z), or in the last 12h or 7d." },
    { "--until", type = "since", help = "Events before a date or time." },
    { "--follow", help = "Continue with later events." },
    { "--filter", type = "text", value = "TEXT", help = "Only events that match this filter pattern." },
    { "--show-environment", help = "Do not hide values of environment variables and other secrets." },
    { "--output", choices = { "table", "json" } },
    "aws",
  },
  exit = {
    { 0, "the events were printed" },
    { 1, "the log of a container could not be read, or the service was deleted" },
    { 130, "Ctrl-C ended --follow" },
  },
  examples = {
    { "lanyard logs web --since 10m", "Print what all containers logged in ten minutes." },
    { "lanyard logs web app --follow --filter '?ERROR ?WARN'", "Follow the errors and warnings of one container." },
    { "lanyard logs web --follow --output json | jq -r .message" },
  },
}
local options = command:parse(...)

local logs = require "lanyard.cli.logs"
local system = require "lanyard.system"
local terminal = require "lanyard.cli.terminal"
local timestamp = require "lanyard.text.timestamp"

local since, until_time = timestamp.parse(options.since), options["until"] and timestamp.parse(options["until"])
if options.follow and until_time then
  command:usage("--follow and --until exclude each other", "ConflictingOptions")
elseif until_time and until_time <= since then
  command:usage("--until must be after --since", "InvalidValue")
end

local region = cli.connect(options)
local view <close> = logs.view(options) -- an interruption prints the events that were read
local result, err = region:log_events(options.service, {
  containers = #options.container > 0 and options.container or nil,
  since = since, until_time = until_time, filter = options.filter, follow = options.follow,
  reveal = options.show_environment,
  each = function(event)
    view:add(event)
    return not terminal.closed
  end,
  stop = function()
    view:flush()
    return terminal.closed or system.output_closed()
  end,
  on_failure = function(container, failure) view:note_failure(container, failure) end,
  on_retry = function(failure, seconds) view:note_retry(failure, seconds) end,
})
cli.progress(nil)
result = cli.check(result, err)
view:finish()
return next(result.failed) and cli.exit.failed or cli.exit.ok
