local cli = require "lanyard.cli"

local command = cli.command {
  summary = "Turn on the ECR image puller role of a container service.",
  category = "access",
  description = [[
Lightsail creates an IAM role for the service, the ECR image puller role (puller
role for short). A repository's policy must name
the ARN of this role; `lanyard grant` does that. The command waits until the
role has an ARN and the service has left the state UPDATING. If the role is
already on, the result is `unchanged`.
]],
  arguments = { { "service", help = "Name of the container service." } },
  options = {
    { "--no-wait", help = "Request the role, and do not wait for it." },
    { "--wait", help = "Wait until the role is ready.", hidden = true },
    { "--timeout", type = "duration", default = "10m", help = "How long to wait." },
    { "--output", choices = { "table", "json" } },
    "dry-run", "rules", "aws",
  },
  exit = {
    { 0, "the role is on, or was requested with --no-wait" },
    { 1, "the role could not be enabled, or was not ready in time" },
    { 4, "a rule denied the change, or the rules file is not trusted" },
  },
  examples = {
    { "lanyard enable web", "Enable the role of web, and print its ARN." },
    { "lanyard enable web --no-wait && lanyard wait role web", "Request the role, and wait for it later." },
  },
}
local options = command:parse(...)

local collector = require "lanyard.cli.changes"
local report = require "lanyard.cli.print"

local GREEN = { enabled = true, requested = true, ["would enable"] = true }

-- arn: absent while the role has none
local function print_result(result, arn)
  if options.output == "json" then
    report.json { service = options.service, result = result, principalArn = arn or "" }
  else
    local colour = GREEN[result] and "green" or nil
    report.rows({ "SERVICE", "RESULT", "PULLER ROLE" }, {
      { options.service, { result, colour }, arn or "(not ready)" },
    })
  end
end

local region = cli.connect(options)
local _ <close>, observe = collector.role(options.service, "enable", not options.dry_run and print_result or nil)
local change, err = region:enable(options.service, {
  wait = options.wait or not options.no_wait,
  timeout = options.timeout,
  dry_run = options.dry_run,
  progress = cli.progress,
  observe = observe,
})
cli.progress(nil)
cli.check(change, err)
print_result(change.kind, change.service.role.arn)
