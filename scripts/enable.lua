-- Turn on the ECR image puller role of a container service.
--
-- Lightsail makes an IAM role for the service; its ARN is what a repository's policy must name
-- (lanyard grant does that). Waits until the role is there and the service has left UPDATING.
-- A role that is on already stays as it is: the result is `unchanged`.

local cli = require "lanyard.cli"
local report = require "lanyard.cli.print"

local command = cli.command(...):with_aws():with_output { "table", "json" }
command:argument("service", "The container service.")
command:flag("--no-wait", "Ask for the role and leave.")
command:flag("--wait", "Wait until the role is ready (the default).")
command:option("--timeout", "How long to wait."):argname("TIME"):default("10m"):convert(cli.duration)
command:with_dry_run():with_rules()
local options = command:parse()

local region = cli.connect(options)
local change, err = region:enable(options.service, {
  wait = options.wait or not options.no_wait,
  timeout = options.timeout,
  dry_run = options.dry_run,
  progress = cli.progress,
})
cli.progress(nil)
if not change then
  cli.fail(err)
end

local arn = change.service.role.arn
if options.output == "json" then
  report.json { service = change.service.name, result = change.kind, principalArn = arn or "" }
else
  local colour = change.kind ~= "unchanged" and "green" or nil
  report.rows({ "SERVICE", "RESULT", "PULLER ROLE" }, {
    { change.service.name, { change.kind, colour }, arn or "(not there yet)" },
  })
end
