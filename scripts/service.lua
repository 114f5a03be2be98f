local cli = require "lanyard.cli"

local command = cli.command {
  summary = "Create, change, delete and list container services.",
  category = "operations",
  description = [[
A container service has a power (vCPUs and memory of a node) and a scale (the
number of nodes). Its monthly price is the price of the power times the scale.
AWS bills it as long as it exists, also if it is disabled or has no deployment.

`create` and `update` change only what differs, and wait until AWS has made the
change. `delete` revokes the grants of the service first.
`lanyard disable` turns off the puller role of a service, not the service.
]],
  commands = { "create", "update", "delete", "list", "powers" },
  exit = { { 0, "success" }, { 1, "a change failed" } },
  examples = {
    { "lanyard service powers", "Show the powers with their prices." },
    { "lanyard service list", "List the services of the Region with their prices." },
  },
}
command:parse(...)
