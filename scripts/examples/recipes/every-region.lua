-- Count the container services and repositories of each Region, several Regions in parallel.
-- lanyard every-region.lua
local access, cli, task = require "lanyard.access", require "lanyard.cli", require "lanyard.task"
local session = cli.session {}
local lightsail = cli.check(session:client "lightsail")
local lines = task.map(cli.check(lightsail:GetRegions {}).regions, function(item)
  local region = cli.check(access.connect(session:at(item.name), { permit = false })) -- it only reads
  local services, err = region:services()
  local repositories
  if services then repositories, err = region:repositories() end
  return ("%s: %s"):format(item.name, repositories and ("%d services, %d repositories"):format(#services,
    #repositories) or cli.describe(err))
end, { limit = 4 })
cli.out(table.concat(lines, "\n"))
