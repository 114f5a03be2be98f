local cli = require "lanyard.cli"

local command = cli.command {
  summary = "Deploy the containers of an earlier version again.",
  category = "operations",
  description = [[
A rollback is a new deployment with the containers, environment and public
endpoint of an earlier version. Without VERSION it is the last one that was active
before the current one, and whose smoke test did not fail on this machine.
`lanyard deployments` lists the versions.

Before anything changes, the command makes the checks of `lanyard deploy`: the
images of the version still exist, and the service may pull them or is granted
access again. A tag can point to another image than it did: the command warns of
such tags. If the same deployment is running, the result is `unchanged`. A command
that was interrupted can be repeated: it continues, and deploys nothing twice.
]],
  arguments = {
    { "service", help = "Name of the container service." },
    { "version", args = "?", type = "version", help = "Version whose containers are deployed again." },
  },
  options = {
    { "--smoke", type = "text", value = "PATH[=CODES]", repeated = true,
      help = "Request the path of the public URL until its status is one of the codes (default: 200-399)." },
    { "--smoke-timeout", type = "positive-duration", default = "1m", help = "How long to repeat a smoke test." },
    { "--force", help = "Deploy again even if the same deployment is running." },
    { "--no-wait", help = "Request the deployment, and do not follow it." },
    { "--timeout", type = "duration", default = "30m", help = "How long to wait, for each step." },
    { "--show-environment", help = "Print the values of environment variables." },
    { "--output", choices = { "table", "json" } },
    "settle", "dry-run", "rules", "aws",
  },
  exit = {
    { 0, "the deployment is active, or was requested with --no-wait" },
    { 1, "a step failed, or the deployment or a smoke test did" },
    { 4, "a rule denied a change, or the rules file is not trusted" },
  },
  examples = {
    { "lanyard rollback web", "Return to the version that was active before." },
    { "lanyard rollback web 7 --dry-run", "Print what a rollback to version 7 would change." },
  },
}
local options = command:parse(...)

local release = require "lanyard.cli.release"
local smoke = require "lanyard.access.deployment.smoke"

local checks, message = smoke.parse_all(options.smoke)
if not checks then
  command:usage(message, "InvalidValue")
elseif options.no_wait and #checks > 0 then
  command:usage("--smoke follows the deployment, which --no-wait does not", "ConflictingOptions")
end

local region = cli.connect(options)
return release.run(region, options, { smoke = checks, smoke_timeout = options.smoke_timeout }, function()
  return region:plan_rollback(options.service, {
    version = options.version, force = options.force, dry_run = options.dry_run, has_url = #checks > 0,
  })
end)
