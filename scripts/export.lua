-- Write who may pull for Terraform or CloudFormation.
--
-- Of a FILE for lanyard plan: policies as they would be when it is applied. Without one: those that grant a
-- container service's role now. Each policy is the whole text, for both tools own all of it, and names a role by
-- the service's resource; the services come as resources, too. Nothing is changed.
--
-- terraform is its JSON syntax (a file lanyard.tf.json), with import blocks for what is there already; Terraform
-- 1.5 or later takes these.
--
-- cloudformation is a JSON template of resources that exist, so a stack has to import them: aws cloudformation
-- create-change-set --change-set-type IMPORT, its --resources-to-import the list in the template's Metadata. An
-- import writes no policy: lanyard apply FILE comes first.

local cli = require "lanyard.cli"
local export = require "lanyard.desired.export"
local desired_file = require "lanyard.desired.file"
local report = require "lanyard.cli.print"
local print_desired = require "lanyard.cli.desired"

local command = cli.command(...):with_aws()
command:argument("file", "A file for lanyard plan, or - for stdin."):args "?"
command:option("--format", "For which tool."):choices(export.FORMATS):count "1"
local options = command:parse()

local desired
if options.file then
  desired = cli.check_file(desired_file.read(options.file))
  options.region = options.region or desired.region
end
local region = cli.connect(options)
local exported
if desired then
  exported = cli.check(export.from_file(region, desired))
else
  exported = cli.check(export.from_account(region))
end
report.json(require("lanyard.desired.export." .. options.format).template(exported))
return print_desired.failures(exported) or cli.exit.ok
