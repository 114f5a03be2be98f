local cli = require "lanyard.cli"

local command = cli.command {
  summary = "Wait for a service, puller role or deployment to become ready.",
  category = "operations",
  description = [[
  service      waits until no change of the service is in progress
  role         waits until the puller role is on and has an ARN; fails if the
               role is off and no change enables it
  deployment   waits until the newest deployment, or the one of --version, is
               active; if it fails, prints the likely reasons and the last log
               lines of the containers

The command changes nothing.
]],
  arguments = {
    { "what", choices = { "service", "role", "deployment" }, help = "What to wait for." },
    { "service", help = "Name of the container service." },
  },
  options = {
    { "--version", type = "version", help = "Wait for the deployment of this version." },
    { "--timeout", type = "duration", default = "30m", help = "How long to wait." },
    { "--show-environment", help = "Print the values of environment variables in logs." },
    { "--output", choices = { "table", "json" } },
    "aws",
  },
  exit = {
    { 0, "it is ready" },
    { 1, "it failed, or was not ready in time" },
  },
  examples = {
    { "lanyard wait role web", "Wait until the role of web can be granted." },
    { "lanyard wait deployment web --version 7", "Wait until deployment 7 is active." },
  },
}
local options = command:parse(...)
if options.version and options.what ~= "deployment" then
  command:usage("--version is an option of deployment", "ConflictingOptions")
end

local deployment_view = require "lanyard.cli.deployment"
local report = require "lanyard.cli.print"

local region = cli.connect(options)
local name = options.service
local waits = { timeout = options.timeout, progress = cli.progress }

-- Prints the result; a table has one row.
local function print_row(item, headings, row)
  if options.output == "json" then
    report.json(item)
  else
    report.rows(headings, { row })
  end
end

if options.what ~= "deployment" then
  local wait = options.what == "role" and region.wait_for_role or region.wait_for_service
  local service, err = wait(region, name, waits)
  cli.progress(nil)
  cli.check(service, err)
  print_row({ service = name, state = service.state, isActive = service.role.active,
    principalArn = service.role.arn or "" }, { "SERVICE", "STATE", "PULLER ROLE" },
    { name, service.state, service.role.arn or "-" })
  return cli.exit.ok
end

cli.check(region:service(name))
local deployment = cli.check(region:choose_deployment(name, options.version))
local outcome, err = region:follow_deployment(name, deployment.version, waits)
cli.progress(nil)
cli.check(outcome, err)
outcome.created, outcome.had_ended = deployment.created, deployment.state ~= "ACTIVATING"
local logs, reasons
if outcome.result ~= "active" then
  reasons, logs, err = region:explain_deployment(outcome, { reveal = options.show_environment })
end
print_row(deployment_view.add_outcome({ service = name, result = outcome.result }, outcome, reasons, logs),
  { "SERVICE", "DEPLOYMENT", "RESULT", "TOOK" },
  { name, outcome.version, outcome.result, deployment_view.took(outcome) })
if logs then
  deployment_view.failure(name, outcome, reasons, logs)
  return cli.exit.failed
elseif err then
  cli.fail(err)
end
