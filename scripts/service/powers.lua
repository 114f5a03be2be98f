local cli = require "lanyard.cli"

local command = cli.command {
  summary = "List the powers of container services, with their prices.",
  category = "operations",
  description = [[
vCPUs, memory and price are of one node, as AWS returns them
(lightsail:GetContainerServicePowers). The price is in USD a month. A power that
is not active cannot be given to a service any more.
]],
  options = { { "--output", choices = { "table", "json" } }, "aws" },
  exit = { { 0, "the powers were listed" }, { 1, "they could not be read" } },
  examples = {
    { "lanyard service powers", "List all powers." },
    { "lanyard service powers --query '[?memory >= `2`].power'", "Select powers by their memory." },
  },
}
local options = command:parse(...)

local json = require "lanyard.json"
local report = require "lanyard.cli.print"
local service_view = require "lanyard.cli.service"

local rows, items = {}, json.array {}
for i, power in ipairs(cli.check(cli.connect(options):powers())) do
  rows[i] = { power.name, ("%g"):format(power.cpus), ("%g GB"):format(power.memory), service_view.price(power.price),
    power.active and "yes" or { "no", "yellow" } }
  items[i] = { power = power.name, id = power.id, cpus = power.cpus, memory = power.memory, price = power.price,
    isActive = power.active }
end
if options.output == "json" then
  report.json(items)
else
  report.rows({ "POWER", "VCPU", "MEMORY", "USD/MONTH", "ACTIVE" }, rows)
end
