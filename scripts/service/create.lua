local cli = require "lanyard.cli"

local command = cli.command {
  summary = "Create a container service, and wait until it is ready.",
  category = "operations",
  description = [[
If a service of this name exists as asked for, the result is `unchanged`; a
service that is being created is waited for. Settings and tags that are not named
are not compared. If it exists otherwise, the command prints each difference with
the command that changes it, and fails.

--domain needs a certificate of Lightsail that is ISSUED and has these names; the
command checks that first (lightsail:GetCertificates). The price needs
lightsail:GetContainerServicePowers; without this permission it is not shown.
Rules see the change with on = "service".
]],
  arguments = { { "service", help = "Name of the container service." } },
  options = {
    { "--power", type = "text", value = "POWER", help = "Power of a node; `lanyard service powers` lists them." },
    { "--scale", type = "positive-integer", help = "Number of nodes, 1 to 20." },
    { "--role", help = "Turn on the ECR image puller role." },
    { "--tag", type = "text", value = "KEY=VALUE", repeated = true, help = "Tag of the service; may be repeated." },
    { "--domain", type = "text", value = "CERTIFICATE=NAME,...", repeated = true,
      help = "Domain names with their certificate; may be repeated." },
    { "--no-wait", help = "Request the service, and do not wait for it." },
    { "--timeout", type = "duration", default = "30m", help = "How long to wait." },
    { "--output", choices = { "table", "json" } },
    "dry-run", "rules", "aws",
  },
  exit = {
    { 0, "the service is ready, or was requested with --no-wait" },
    { 1, "it exists otherwise, could not be created, or was not ready in time" },
    { 4, "a rule denied the change, or the rules file is not trusted" },
  },
  examples = {
    { "lanyard service create web --power nano --scale 1", "Create the smallest service." },
    { "lanyard service create web --power small --scale 2 --role --tag env=prod --dry-run",
      "Show what would be created, and its price." },
  },
}
local options = command:parse(...)

local service_options = require "lanyard.cli.service_options"
local service_view = require "lanyard.cli.service"

if not (options.power and options.scale) then
  command:usage("pass --power and --scale (lanyard service powers)", "MissingArgument")
end
local wants = service_options.read(command, options)
local region = cli.connect(options)

local _ <close>, observe = service_view.interruption(options, options.service, "create")
local result, err = region:create_service(options.service, wants, {
  wait = not options.no_wait, timeout = options.timeout, dry_run = options.dry_run, progress = cli.progress,
  observe = observe,
})
cli.progress(nil)
service_view.result(options.output, options.service, cli.check(result, err))
