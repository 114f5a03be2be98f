-- Grant what a CSV file lists: SERVICE,REPOSITORY on each line. A line that is granted already stays as it is.
-- lanyard grants-from-csv.lua FILE
local cli = require "lanyard.cli"
local region, failed = cli.connect {}, false
local file <close> = cli.check(io.open((...), "r"))
for line in file:lines() do
  local service_name, name = line:match "^%s*([^,#%s]+)%s*,%s*([^,%s]+)%s*$"
  local service, err = nil, "expected SERVICE,REPOSITORY"
  if service_name then service, err = region:service(service_name) end
  local repositories, change
  if service then repositories, err = region:repositories { name } end
  if repositories then change, err = region:grant(service, repositories[1]) end
  local skipped = not line:find "^%s*[^#%s]"
  failed = failed or not (change or skipped)
  if not skipped then cli.out(("%s: %s"):format(line, change and change.kind or cli.describe(err))) end
end
return failed and cli.exit.failed or cli.exit.ok
