local cli = require "lanyard.cli"

local command = cli.command {
  summary = "List the deployments of a service, and what each changed.",
  category = "operations",
  description = [[
The newest version is the first. CHANGES is what differs from the version before.
A variable of the environment is named without its value; the reference that a
value came from is known for deployments of this machine. Lightsail forgets old
deployments: the oldest one in the list has no version to compare it with.
]],
  arguments = {
    { "service", help = "Name of the container service." },
  },
  options = {
    { "--output", choices = { "table", "json" } },
    "aws",
  },
  exit = {
    { 0, "the deployments were listed" },
    { 1, "the service does not exist, or a call failed" },
  },
  examples = {
    { "lanyard deployments web", "List the versions that rollback can return to." },
    { "lanyard deployments web --query '[?state==`FAILED`].version'", "Print the versions that failed." },
  },
}
local options = command:parse(...)

local history = require "lanyard.cli.deployments"

local region = cli.connect(options)
cli.check(region:service(options.service))
history.print(options.service, cli.check(region:deployment_history(options.service)), options)
