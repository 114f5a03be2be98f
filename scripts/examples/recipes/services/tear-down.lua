-- Delete every container service that has a tag, with its deployments, domains and grants: the end of an environment.
-- lanyard tear-down.lua KEY=VALUE [--dry-run | --yes]
local cli = require "lanyard.cli"
local command = cli.command {
  summary = "Delete the container services that have a tag, with their grants.",
  description = "Asks first, unless --yes is given. If a service fails, the others are deleted, and the exit status "
    .. "is 1: run it again. Images in ECR stay.",
  arguments = { { "tag", help = "KEY=VALUE of the services, such as env=pr-17." } },
  options = { "dry-run", "yes", "rules", "aws" },
}
local options = command:parse(...)
local key, value = options.tag:match "^([^=]+)=(.+)$"
if not key then command:usage("'" .. options.tag .. "' is not KEY=VALUE", "InvalidValue") end
local region, names, failed = cli.connect(options), {}, false
for _, service in ipairs(cli.check(region:services())) do
  if service.tags[key] == value then table.insert(names, service.name) end
end
if #names == 0 then cli.note("no service has the tag " .. options.tag) return cli.exit.ok end

local plans = cli.check(region:plan_deletions(names))
for _, plan in ipairs(plans) do
  cli.note(("%s: %d deployments, %d grants, %.2f USD a month"):format(plan.name, #(plan.deployments or {}),
    #plan.grants, plan.before.monthly_price or 0))
end
if not options.dry_run then cli.confirm(options, ("Delete %s?"):format(table.concat(names, ", "))) end
require("lanyard.task").map(plans, function(plan)
  local result, err = region:delete_service(plan, { dry_run = options.dry_run, progress = cli.progress })
  failed = failed or err ~= nil
  cli.out(("%s: %s"):format(plan.name, err and cli.describe(err) or result.kind))
end, { limit = 4 })
cli.progress(nil)
return failed and cli.exit.failed or cli.exit.ok
