local cli = require "lanyard.cli"

local command = cli.command {
  summary = "Write policies and services for Terraform or CloudFormation.",
  category = "desired state",
  description = [[
With a desired-state file, exports the policies as they would be after `lanyard apply`. Without a
file, exports the policies that grant a container service's role now. Nothing is changed.

Both tools own a policy as a whole, so the export has complete policies. A policy names a role
through the resource of its service; the services are also exported. If the file has services, they
are exported as the file describes them, with their containers. Values of environment variables are
in no export: they are parameters (CloudFormation) or variables (Terraform), which you set.

terraform is a configuration in JSON syntax (lanyard.tf.json) with import blocks for existing
resources, which require Terraform 1.5.

cloudformation is a template of existing resources, which a stack must import:

  lanyard export --format cloudformation > template.json
  jq .Metadata.ResourcesToImport template.json > resources.json
  aws cloudformation create-change-set --change-set-type IMPORT \
    --stack-name STACK --change-set-name NAME \
    --template-body file://template.json \
    --resources-to-import file://resources.json

An import does not write policies: run `lanyard apply FILE` first.
]],
  arguments = { { "file", type = "file", args = "?", help = "Desired-state file, or - for stdin." } },
  options = {
    "aws",
    { "--format", value = "FORMAT", choices = { "terraform", "cloudformation" },
      help = "Tool to write for (required)." },
  },
  exit = {
    { 0, "the export was written" },
    { 1, "a policy, service or repository is missing from the export" },
    { 2, "the command line or the file is invalid" },
  },
  examples = {
    { "lanyard export --format terraform > lanyard.tf.json", "Export the current grants to Terraform." },
    { "lanyard export --format cloudformation grants.lua", "Export a desired-state file to CloudFormation." },
  },
}
local options = command:parse(...)
if not options.format then
  command:usage("missing option '--format': terraform or cloudformation", "MissingArgument")
end

local desired_file = require "lanyard.desired.file"
local escape = require "lanyard.text.escape"
local export = require "lanyard.desired.export"
local meters = require "lanyard.meter"
local print_desired = require "lanyard.cli.desired"
local progress = require "lanyard.cli.progress"
local report = require "lanyard.cli.print"

local desired
if options.file then
  desired = cli.check_file(desired_file.read(options.file))
  options.region = options.region or desired.region
end
local region = cli.connect(options)
local exported
if desired then
  local meter = meters.new { what = "repositories", verb = "were read" }
  exported = cli.check(progress.during(meter, export.from_file, region, desired, meter))
else
  exported = cli.check(export.from_account(region))
end
for _, service in ipairs(exported.services) do
  if not service.exists then
    cli.note(escape.format("lanyard: %s does not exist yet; a stack imports it after lanyard apply", service.name))
  end
end
if #exported.policies + #exported.services + #exported.failures == 0 then
  cli.note(("the export has no policies: %s in %s"):format(desired and "the file grants nothing"
    or "no repository grants a container service's role", exported.region))
end
report.json(require("lanyard.desired.export." .. options.format).template(exported))
return print_desired.failures(exported) or cli.exit.ok
