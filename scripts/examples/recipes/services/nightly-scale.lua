-- Scale container services down for the night and up in the morning: each that has the tag `night`, such as nano:1.
-- lanyard nightly-scale.lua down | up
local cli = require "lanyard.cli"
local command = cli.command {
  summary = "Scale container services down for the night, or up in the morning.",
  description = "`down` scales a service with the tag night=POWER:SCALE to this capacity, and stores the one before in "
    .. "the tag `day`; `up` restores that. Disabling a service saves nothing: AWS bills it, too.",
  arguments = { { "direction", choices = { "down", "up" }, help = "Which size the services are to have." } },
  options = { "dry-run", "rules", "aws" },
}
local options = command:parse(...)
local region, down, failed = cli.connect(options), options.direction == "down", false

require("lanyard.task").map(cli.check(region:services()), function(service)
  local tag = down and "night" or "day"
  local size, now = service.tags[tag], ("%s:%d"):format(service.power, service.scale)
  local power, scale = (size or ""):match "^(%l+):(%d+)$"
  if not service.tags.night or not down and not size then
    return -- not its job, or never scaled down
  elseif not power then
    failed = true
    return cli.note(("%s: the tag %s is not POWER:SCALE, such as nano:1"):format(service.name, tag))
  end
  local result, err = region:update_service(service.name, {
    power = power, scale = math.tointeger(scale), tags = down and now ~= size and { day = now } or nil,
  }, { dry_run = options.dry_run, progress = cli.progress })
  failed = failed or not result
  cli.out(("%s: %s"):format(service.name, result and result.kind .. " " .. size or cli.describe(err)))
end, { limit = 4 })
cli.progress(nil)
return failed and cli.exit.failed or cli.exit.ok
