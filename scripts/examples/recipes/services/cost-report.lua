-- Report what the container services of all Regions cost a month, and which of them are paid for and run nothing.
-- lanyard cost-report.lua [REGION ...] [--by TAG] [--budget USD]
local access, cli, report = require "lanyard.access", require "lanyard.cli", require "lanyard.cli.print"
local command = cli.command {
  summary = "Report what the container services of all Regions cost a month.",
  description = "Prices are AWS's list prices of power and scale, without taxes and data transfer. If a Region cannot "
    .. "be read, the report continues with the others, and the exit status is 1.",
  arguments = { { "name", args = "*", help = "Names of Regions; all Regions of Lightsail unless given." } },
  options = { { "--by", type = "text", value = "TAG", help = "Also print the sum for each value of this tag." },
    { "--budget", type = "integer", value = "USD", help = "Exit with 3 if the total is above this." }, "aws" },
}
local options = command:parse(...)
local session, names, failed = cli.session(options), options.name, false
local reply = #names == 0 and cli.check(cli.check(session:client "lightsail"):GetRegions {})
for i, one in ipairs(reply and reply.regions or {}) do names[i] = one.name end
local rows, sums, total = {}, {}, 0
require("lanyard.task").map(names, function(name)
  local region, err = access.connect(session:at(name), { permit = false }) -- it only reads
  local services, powers
  if region then services, err = region:services() end
  if services and #services > 0 then powers, err = region:powers() end
  if err then
    failed = true
    return cli.note(name .. ": " .. cli.describe(err))
  end
  for _, power in ipairs(powers or {}) do powers[power.name] = power.price end
  for _, service in ipairs(services) do
    local price, tag = (powers[service.power] or 0) * service.scale, service.tags[options.by or ""] or "-"
    failed = failed or not powers[service.power]
    total, sums[tag] = total + price, (sums[tag] or 0) + price
    rows[#rows + 1] = { name, service.name, ("%s x %d"):format(service.power, service.scale), ("%.2f"):format(price),
      not powers[service.power] and "price unknown" or service.disabled and "disabled"
        or service.current and "" or "no deployment" }
  end
end, { limit = 8 })
table.sort(rows, function(a, b) return a[1] .. " " .. a[2] < b[1] .. " " .. b[2] end)
report.rows({ "REGION", "SERVICE", "CAPACITY", "USD A MONTH", "NOTE" }, rows)
for tag, sum in pairs(options.by and sums or {}) do cli.out(("%s=%s: %.2f USD"):format(options.by, tag, sum)) end
cli.out(("total: %.2f USD a month"):format(total))
return failed and cli.exit.failed or total > (options.budget or math.huge) and cli.exit.found or cli.exit.ok
