-- Check that every image of this account that a container service deploys still exists: the next deployment needs it.
-- lanyard images-missing.lua
local cli = require "lanyard.cli"
local region, missing = cli.connect {}, false
for _, service in ipairs(cli.check(region:services())) do
  for _, image in pairs(service.current and service.current.images or {}) do
    local name, separator, reference = image:match "^%d+%.dkr%.ecr%.[^/]+/([^:@]+)([:@])(.+)$"
    if name then
      local id = { [separator == ":" and "imageTag" or "imageDigest"] = reference }
      local reply, err = region.ecr:DescribeImages { repositoryName = name, imageIds = { id } }
      missing = missing or not reply
      if not reply then cli.out(("%s: %s: %s"):format(service.name, image, err.code)) end
    end
  end
end
return missing and cli.exit.found or cli.exit.ok
