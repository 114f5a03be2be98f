local cli = require "lanyard.cli"

local command = cli.command {
  summary = "Deploy images to a container service, and follow the result.",
  category = "operations",
  description = [[
CONTAINER=IMAGE gives a container another image. A name without a registry host
(REPOSITORY, REPOSITORY:TAG or REPOSITORY@DIGEST) is a repository of this account
and Region; other images have the host of their registry
(docker.io/library/nginx:latest). Everything else stays as it is: ports,
environment, command, public endpoint, and containers that are not named. A first
deployment without --public-endpoint has no public endpoint.
--file describes the whole deployment instead, in the JSON of
CreateContainerServiceDeployment.

Before anything changes, the command checks that the images exist in the
service's Region, and that their policies allow the pull or will allow it. It
then enables the puller role, grants, and deploys. If the same deployment is
running, and no tag was pushed since, the result is `unchanged`.

If the deployment fails, the command prints the likely reasons and the last
log lines of the containers. Values of environment variables are shown as ***.
]],
  arguments = {
    { "service", help = "Name of the container service." },
    { "image", args = "*", help = "CONTAINER=IMAGE: a container, and the image that it is to run." },
  },
  options = {
    { "--file", type = "file", help = "The whole deployment as JSON; images that are named replace those in it." },
    { "--public-endpoint", type = "text", value = "CONTAINER:PORT",
      help = "Container and port of the public endpoint." },
    { "--resolve", help = "Deploy the digests that the tags point to now, so that no other image runs later." },
    { "--force", help = "Deploy again even if the same deployment is running." },
    { "--no-wait", help = "Request the deployment, and do not follow it." },
    { "--timeout", type = "duration", default = "30m", help = "How long to wait, for each step." },
    { "--show-environment", help = "Print the values of environment variables." },
    { "--output", choices = { "table", "json" } },
    "settle", "dry-run", "rules", "aws",
  },
  exit = {
    { 0, "the deployment is active, or was requested with --no-wait" },
    { 1, "a step failed, or the deployment did" },
    { 4, "a rule denied a change, or the rules file is not trusted" },
  },
  examples = {
    { "lanyard deploy web app=web:1.4", "Give container app another image, and deploy." },
    { "lanyard deploy web --file web.json --resolve", "Deploy what a file describes, by digest." },
    { "lanyard deploy web app=web:1.4 --dry-run", "Print what would change." },
  },
}
local options = command:parse(...)

local arguments = require "lanyard.access.deployment.arguments"
local deployment_view = require "lanyard.cli.deployment"
local escape = require "lanyard.text.escape"
local waiting = require "lanyard.access.wait"

local wants, message = arguments.read(options)
if not wants then
  command:usage(message, "InvalidValue")
elseif options.file then
  local file = require "lanyard.access.deployment.file"
  wants.request = cli.check_file(file.read(options.file, options.service))
end

local region = cli.connect(options)
local waits = { timeout = options.timeout, progress = cli.progress, settle = options.settle }
local plan = cli.check(region:plan_deployment(options.service, wants))
if waiting.is_busy(plan.service) and options.dry_run then
  cli.note(escape.format("lanyard: %s is %s: deploy would wait for that change first", options.service,
    plan.service.state))
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
  deployment_view.plan(plan, role, options)
  return cli.exit.ok
end

-- Carries out the plan, and follows the deployment. Returns what was done, and the error of the first step that failed.
local function carry_out()
  waits.seen = {}
  local _ <close> = deployment_view.interruption(plan, waits.seen, options)
  local done, err = region:deploy(plan, waits)
  if not err and done.kind == "requested" and not options.no_wait then
    done.outcome, err = region:follow_deployment(options.service, done.version, waits)
  end
  return done, err
end

local done, err = carry_out()
if done.outcome and done.outcome.result ~= "active" then
  done.reasons, done.logs, err = region:explain_deployment(done.outcome,
    { request = plan.request, reveal = options.show_environment })
end
cli.progress(nil)
done.err = err
deployment_view.result(plan, done, options)
if done.logs then
  deployment_view.failure(options.service, done.outcome, done.reasons, done.logs)
  return cli.exit.failed
elseif err then
  cli.fail(err)
end
