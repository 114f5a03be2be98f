-- Serves several emulated accounts for commands in other processes:
--
--     lanyard tests/support/fleet_server.lua ACCOUNTS REGION...    prints its URL and the ids of the accounts
--
-- Each account has in each Region a service and three repositories. In every third account, everyone can pull one.

package.path = "tests/support/?.lua;" .. package.path

local fleet = require "fleet"
local task = require "lanyard.task"

local count, regions = tonumber((...)), { select(2, ...) }

local seeds, ids = {}, { fleet.ACCOUNT }
for n = 2, count do
  ids[n] = ("%012d"):format(444400000000 + n)
end
for n, id in ipairs(ids) do
  local by_region = {}
  for _, region in ipairs(regions) do
    by_region[region] = {
      services = { { name = "web", power = "nano", scale = 1 } },
      repositories = {
        { name = "app" },
        { name = "team/open-" .. n, policy = n % 3 == 0 and fleet.OPEN or nil },
        { name = "team/closed" },
      },
    }
  end
  seeds[id] = { regions = by_region }
end

local accounts <close> = fleet.new(seeds)
io.write(accounts.server.url, "\n", table.concat(ids, ","), "\n")
io.stdout:flush()
while true do
  task.sleep(3600)
end
