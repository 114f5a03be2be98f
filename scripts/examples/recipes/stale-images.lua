-- List images that are older than some days and that no container service deploys: candidates for deletion.
-- lanyard stale-images.lua DAYS
local cli, clock = require "lanyard.cli", require "lanyard.clock"
local region, deployed = cli.connect {}, {}
for _, service in ipairs(cli.check(region:services())) do
  for _, deployment in pairs { service.current, service.next } do
    for _, image in pairs(deployment.images) do deployed[image] = true end
  end
end
for _, repository in ipairs(cli.check(region:repositories())) do
  for image in region.ecr:each("DescribeImages", "imageDetails", { repositoryName = repository.name }) do
    local name = ("%s:%s"):format(repository.uri, (image.imageTags or {})[1])
    local days = (clock.time() - image.imagePushedAt) // 86400
    if days >= tonumber((...)) and not deployed[name] and not deployed[repository.uri .. "@" .. image.imageDigest] then
      cli.out(("%s %.0f days"):format(name, days))
    end
  end
end
