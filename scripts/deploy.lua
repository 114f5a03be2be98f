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
local arguments = require "lanyard.access.deployment.arguments"
local deployment_file = require "lanyard.access.deployment.file"
local deployment_report = require "lanyard.cli.deployment"
local escape = require "lanyard.text.escape"
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

local wants, wrong = arguments.read(options)
if not wants then
  command:usage(wrong)
elseif options.file then
  wants.request = cli.check_file(deployment_file.read(options.file, options.service))
end

local region = cli.connect(options)
local waits = { timeout = options.timeout, progress = cli.progress, settle = options.settle }
local plan = cli.check(region:plan_deployment(options.service, wants))
if waiting.is_busy(plan.service) and options.dry_run then
  cli.note(("lanyard: %s is %s: its change would be waited for first"):format(options.service, plan.service.state))
elseif waiting.is_busy(plan.service) then
  local service, err = region:wait_for_service(options.service, waits)
  cli.progress(nil)
  cli.check(service, err)
  plan = cli.check(region:plan_deployment(options.service, wants))
end
for _, warning in ipairs(plan.warnings) do
  cli.note("lanyard: warning: " .. escape.printable(warning))
end

if options.dry_run then
  local role = plan.needs_role and cli.check(region:enable(options.service, { dry_run = true })) or nil
  deployment_report.plan(plan, role, options)
  return cli.exit.ok
end

local done, err = region:deploy(plan, waits)
if not err and done.kind == "requested" and not options.no_wait then
  local _ <close> = deployment_report.interruption(options.service, done.version)
  done.outcome, err = region:follow_deployment(options.service, done.version, waits)
end
if done.outcome and done.outcome.result ~= "active" then
  done.reasons, done.logs, err = region:explain_deployment(done.outcome,
    { request = plan.request, reveal = options.show_environment })
end
cli.progress(nil)
done.err = err
deployment_report.result(plan, done, options)
if done.logs then
  deployment_report.failure(options.service, done.outcome, done.reasons, done.logs)
  return cli.exit.failed
elseif err then
  cli.fail(err)
end
