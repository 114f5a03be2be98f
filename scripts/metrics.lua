local cli = require "lanyard.cli"

local command = cli.command {
  summary = "Show how much CPU and memory a container service uses.",
  category = "operations",
  description = [[
Prints the average and the maximum over the interval, in percent of what the
nodes of the service have, each with a line of blocks: a column for one or
several periods, from 0 to the number at its end. A blank is a column without a
value. Lightsail has a value every 5 minutes.

--output svg prints a picture: redirect it to a file.

The blocks are Unicode characters if the locale (LC_ALL, LC_CTYPE or LANG) has
UTF-8, and else the characters .:-=+*#@ from low to high.
]],
  arguments = { { "service", help = "Name of the container service." } },
  options = {
    { "--since", type = "since", default = "6h",
      help = "Begin at a date or time (2026-11-25T01:00:00Z), or 12h or 7d ago." },
    { "--until", type = "since", help = "End at a date or time." },
    { "--period", type = "duration", default = "5m", help = "What one value is for: whole minutes, up to 1d." },
    { "--output", choices = { "table", "json", "svg" } },
    "aws",
  },
  exit = {
    { 0, "the metrics were printed, also if there are no values" },
    { 1, "the metrics could not be read" },
  },
  examples = {
    { "lanyard metrics web", "Show the last six hours." },
    { "lanyard metrics web --since 7d --period 1h --output svg > web.svg", "Draw a week." },
    { "lanyard metrics web --query metrics.MemoryUtilization.maximum", "Print the peak of the memory." },
  },
}
local options = command:parse(...)

local clock = require "lanyard.clock"
local metrics = require "lanyard.access.metrics"
local timestamp = require "lanyard.text.timestamp"
local view = require "lanyard.cli.metrics"

local since = timestamp.parse(options.since)
local until_time = options["until"] and timestamp.parse(options["until"]) or math.ceil(clock.time())
local ok, message = metrics.check(since, until_time, options.period)
if not ok then
  command:usage(message, "InvalidValue")
end

local region = cli.connect(options)
view.print(cli.check(region:metrics(options.service,
  { since = since, until_time = until_time, period = math.tointeger(options.period) })), options.output)
return cli.exit.ok
