-- Wait until a container service, its puller role or a deployment is there.
--
-- `service`: until no change of it is under way. `role`: until its puller role is on and has an ARN; a
-- role that nobody turns on is not waited for. `deployment`: until the newest deployment, or that of
-- --version, is active; where it fails, exits 1 and tells what can be seen of the reason and what the
-- containers logged last. Nothing is changed.

local cli = require "lanyard.cli"
local deployment_report = require "lanyard.cli.deployment"
local report = require "lanyard.cli.print"

local function whole_number(text)
  local number = math.tointeger(tonumber(text))
  if not number or number < 1 then
    return nil, ("'%s' is no version of a deployment: 1 or more"):format(text)
  end
  return number
end

local command = cli.command(...):with_aws():with_output { "table", "json" }
command:argument("what", "What is waited for: service, role or deployment."):choices { "service", "role", "deployment" }
command:argument("service", "The container service."):argname "NAME"
command:option("--version", "The deployment of this version."):argname "N":convert(whole_number)
command:option("--timeout", "How long to wait."):argname "TIME":default("30m"):convert(cli.duration)
command:flag("--show-environment", "Show the values of containers' environments in their logs.")
local options = command:parse()
if options.version and options.what ~= "deployment" then
  command:usage "--version is of a deployment"
end

local region = cli.connect(options)
local name = options.service
local waits = { timeout = options.timeout, progress = cli.progress }

-- Prints what came; a table has one row.
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
print_row(deployment_report.ending({ service = name, result = outcome.result }, outcome, reasons, logs),
  { "SERVICE", "DEPLOYMENT", "RESULT", "TOOK" },
  { name, outcome.version, outcome.result, deployment_report.took(outcome) })
if logs then
  deployment_report.failure(name, outcome, reasons, logs)
  return cli.exit.failed
elseif err then
  cli.fail(err)
end
