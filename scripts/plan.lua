local cli = require "lanyard.cli"

local command = cli.command {
  summary = "Show what applying a desired-state file would change.",
  category = "desired state",
  description = [[
Compares a desired-state file with the services, roles and policies of a Region, and prints the
services that would be created, changed or deployed to, with their price, the roles that would be
enabled, the access that each repository would gain or lose, and the diff of its policy. Nothing is
changed.

The file lists grants, services or both. It is Lua, run in a sandbox, or JSON with the same names:

  return {
    region = "us-east-1",
    grants = {
      { service = "web",  repositories = { "web", "team/*" } },
      { service = "jobs", repositories = { "jobs" }, expires = "2027-01-31" },
    },
    services = {
      { name = "web", power = "nano", scale = 2, role = true,
        tags = { env = "prod" }, public = "app:8080",
        domains = { ["web-certificate"] = { "www.example.com" } },
        containers = { app = {
          image = "web:1.4", ports = { ["8080"] = "HTTP" },
          environment = { MODE = "live", KEY = "ssm:/web/key", OLD = keep },
        } } },
    },
  }

Repositories are names or globs. A file is for one Region: its region, which --region must not
contradict. A file without a region applies to the Region of --region, the environment or the
profile. A grant can also have:

  expires    a date or time; a grant whose date has passed is not added, and one
             that exists stays, with this date, and allows no pull
  sid        the Sid of its statement
  optional   true if its globs may match no repository

What a service does not name stays as it is. `false` removes a tag, a certificate's domain names, the
public endpoint, a container, its command, a port or a variable. A service can also be `disabled`.
Containers and `public` have the members of CreateContainerServiceDeployment, so that the contents of
AWS's files containers.json and public-endpoint.json fit in. A new service needs power and scale.

A variable is a text, a reference (ssm:NAME, secretsmanager:NAME#KEY; ssm::TEXT is the text ssm:TEXT),
or the deployed value: keep in Lua, {"keep": true} in JSON; both also for a whole environment. Values
are printed as ***. The grants that a deployment needs are part of the plan, and --prune keeps them.
A tag that was pushed again is not a difference: `lanyard deploy` deploys it.

With --output json the plan is a document that `lanyard apply` applies later. It has no value of a
variable: apply fetches references again, and reads other values from the desired-state file again.
]],
  arguments = { { "file", type = "file", help = "Desired-state file, or - for stdin." } },
  options = {
    "aws", "rules",
    { "--output", choices = { "table", "json" } },
    { "--prune", help = "Remove grants to puller roles of this Region that are not in the file." },
    { "--prune-services", help = "Delete container services of this Region that are not in the file." },
    { "--fold", help = "Join lanyard's own statements into one if a policy would be too large." },
  },
  exit = {
    { 0, "nothing would change" },
    { 1, "a service or repository does not exist, or the plan failed in part" },
    { 2, "the command line or the file is invalid" },
    { 3, "something would change" },
    { 4, "a rule denies a change, or the rules file is not trusted" },
  },
  examples = {
    { "lanyard plan grants.lua", "Show what the file would change." },
    { "lanyard plan grants.lua --prune", "Also show the grants that would be removed." },
    { "lanyard plan all.lua --prune-services", "Also show the services that would be deleted." },
    { "lanyard plan grants.lua --output json > plan.json", "Save the plan for lanyard apply." },
  },
}
local options = command:parse(...)

local desired_file = require "lanyard.desired.file"
local meters = require "lanyard.meter"
local plans = require "lanyard.desired.plan"
local print_desired = require "lanyard.cli.desired"
local progress = require "lanyard.cli.progress"

local desired = cli.check_file(desired_file.read(options.file))
options.region = options.region or desired.region
local meter = meters.new { what = "repositories", verb = "were read" }
local plan = cli.check(progress.during(meter, plans.make, cli.connect(options), desired,
  { prune = options.prune, prune_services = options.prune_services, fold = options.fold, meter = meter }))
print_desired.plan(options.output, plan)
return print_desired.failures(plan) or plans.has_changes(plan) and cli.exit.found or cli.exit.ok
