-- Deploy images to a container service, and follow the deployment to its end.
--
-- CONTAINER=IMAGE gives a container another image: REPOSITORY[:TAG|@DIGEST] of your own registry, or an
-- image with its registry's host (docker.io/library/nginx:latest). The rest stays as it runs: ports,
-- environment, command, public endpoint, and containers that are not named. --file describes the whole
-- deployment instead, in the JSON of CreateContainerServiceDeployment.
--
-- Before anything changes, it sees that the images are there, in the service's Region, and that their
-- policies let the service pull or will. Then it turns the puller role on, grants, and deploys. What runs
-- already is `unchanged`, unless a tag was pushed since. Where the deployment fails it tells what can be
-- seen of the reason and what the containers logged last, and exits 1. Values of environments show as ***.

local cli = require "lanyard.cli"
local deployment_file = require "lanyard.access.deployment_file"
local deployment_report = require "lanyard.report.deployment"
local escape = require "lanyard.report.escape"
local report = require "lanyard.report"
local waiting = require "lanyard.access.wait"

local command = cli.command(...):with_aws():with_output { "table", "json" }
command:argument("service", "The container service.")
command:argument("image", "A container, and the image that it shall run."):argname "CONTAINER=IMAGE":args "*"
command:option("--file", "The whole deployment, as JSON; images named beside it come on top."):argname "FILE"
command:option("--public-endpoint", "The container and port that the world reaches."):argname "CONTAINER:PORT"
command:flag("--resolve", "Deploy the digests that tags point to now, so that nothing else runs later.")
command:flag("--force", "Deploy anew what runs already.")
command:flag("--no-wait", "Ask for the deployment and leave.")
command:option("--timeout", "How long to wait, for each step."):argname "TIME":default("30m"):convert(cli.duration)
command:flag("--settle", "Look again 4 s after each write of a policy, for rivals elsewhere.")
command:flag("--show-environment", "Show the values of containers' environments.")
command:with_dry_run():with_rules()
local options = command:parse()

local wants = { images = {}, resolve = options.resolve, force = options.force, dry_run = options.dry_run }
local named = {}
for i, text in ipairs(options.image) do
  local container, image = text:match "^([^=]+)=(.+)$"
  if not container then
    command:usage(("'%s' is no CONTAINER=IMAGE"):format(text))
  elseif named[container] then
    command:usage(("container '%s' is named twice"):format(container))
  end
  named[container] = true
  wants.images[i] = { container = container, text = image }
end
if options.public_endpoint then
  local container, port = options.public_endpoint:match "^(.+):(%d+)$"
  port = math.tointeger(tonumber(port))
  if not port or port < 1 or port > 65535 then
    command:usage(("'%s' is no CONTAINER:PORT"):format(options.public_endpoint))
  end
  wants.public_endpoint = { containerName = container, containerPort = port }
end
if options.file then
  wants.request = cli.check(deployment_file.read(options.file, options.service))
elseif #options.image == 0 and not options.public_endpoint and not options.force then
  command:usage "name CONTAINER=IMAGE or --file; --force alone deploys anew what runs"
end

local here = cli.connect(options)
local waits = { timeout = options.timeout, progress = cli.progress, settle = options.settle }
local plan = cli.check(here:plan_deployment(options.service, wants))
if waiting.is_busy(plan.service) and options.dry_run then
  cli.note(("lanyard: %s is %s: its change would be waited for first"):format(options.service, plan.service.state))
elseif waiting.is_busy(plan.service) then
  local service, err = here:wait_for_service(options.service, waits)
  cli.progress(nil)
  cli.check(service, err)
  plan = cli.check(here:plan_deployment(options.service, wants))
end
for _, warning in ipairs(plan.warnings) do
  cli.note("lanyard: warning: " .. escape.printable(warning))
end

local reveal = options.show_environment
if options.dry_run then
  local role = plan.needs_role and cli.check(here:enable(options.service, { dry_run = true })) or nil
  local facts = { result = plan.in_place and "unchanged" or "would deploy", role = role, grants = plan.grants }
  if options.output == "json" then
    report.json(deployment_report.item(plan, facts, reveal))
  else
    deployment_report.plan(plan, facts, reveal)
  end
  return cli.exit.ok
end

local outcome, reasons, logs
local done, err = here:deploy(plan, waits)
if not err and done.kind == "requested" and not options.no_wait then
  outcome, err = here:follow_deployment(options.service, done.version, waits)
end
if outcome and outcome.ending ~= "active" then
  reasons, logs, err = here:explain_deployment(outcome, { request = plan.request, reveal = reveal })
end
cli.progress(nil)

done.err = err
done.result = err and not done.version and "failed" or done.kind
if outcome then
  done.result = outcome.ending == "active" and "deployed" or outcome.ending
end
if options.output == "json" then
  local item = deployment_report.item(plan, done, reveal)
  item.version = done.version
  report.json(outcome and deployment_report.ending(item, outcome, reasons, logs) or item)
else
  local note = done.version and "version " .. done.version
  deployment_report.steps(done, outcome and note .. ", " .. deployment_report.duration(outcome.seconds) or note)
end
if logs then
  deployment_report.failure(options.service, outcome, reasons, logs)
  return cli.exit.failed
elseif err then
  cli.fail(err)
end
