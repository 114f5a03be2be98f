local cli = require "lanyard.cli"

local command = cli.command {
  summary = "List the container services of a Region, with their prices.",
  category = "operations",
  description = [[
CAPACITY is the power and the number of nodes. DEPLOYMENT is the version that
runs, with its age; AGE is the age of the service. The price is in USD a month: AWS
bills a service whether it is enabled, disabled or has no deployment.

The price needs lightsail:GetContainerServicePowers; without this permission it
is not shown, which is a warning.
]],
  options = { { "--output", choices = { "table", "json" } }, "aws" },
  exit = { { 0, "the services were listed" }, { 1, "they could not be read" } },
  examples = {
    { "lanyard service list", "List the services and what they cost." },
    { "lanyard service list --query 'sum([].monthlyPrice)'", "Print the sum of the prices." },
  },
}
local options = command:parse(...)

local escape = require "lanyard.text.escape"
local json = require "lanyard.json"
local powers = require "lanyard.access.service.powers"
local report = require "lanyard.cli.print"
local service_view = require "lanyard.cli.service"

local region = cli.connect(options)
local services = cli.check(region:services())
local prices, err
if #services > 0 then
  prices, err = region:powers()
end
service_view.note_unknown(err and "the monthly prices: " .. tostring(err))

local now, total = region:time(), 0
local function age_of(created)
  return service_view.age(created and now - created)
end
local rows, items = {}, json.array {}
for i, service in ipairs(services) do
  local price, deployment = powers.price(prices, service.power, service.scale), service.current
  total = total and price and total + price
  rows[i] = {
    service.name, escape.printable(service.state), escape.printable(service_view.capacity(service)),
    deployment and ("%d (%s)"):format(deployment.version, age_of(deployment.created)) or "-", age_of(service.created),
    service_view.price(price), escape.printable(service.url or "-"),
  }
  items[i] = {
    service = service.name, region = service.region, state = service.state, power = service.power,
    scale = service.scale, isDisabled = service.disabled, url = service.url,
    created = service_view.time(service.created), monthlyPrice = price, tags = service.tags,
    deployment = service_view.deployment_item(deployment),
    nextDeployment = service_view.deployment_item(service.next),
    domains = service_view.domain_items(service.domains),
  }
end
if options.output == "json" then
  report.json(items)
elseif #rows == 0 then
  cli.note(("no container services in %s"):format(region.name))
else
  report.rows({ "SERVICE", "STATE", "CAPACITY", "DEPLOYMENT", "AGE", "USD/MONTH", "URL" }, rows)
  if #rows > 1 and total then
    cli.out(("total: %s USD a month"):format(service_view.price(total)))
  end
end
