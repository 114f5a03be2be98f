-- Grant every container service that has the tag `pull` the repositories that the tag names, such as team/*.
-- lanyard grant-by-tag.lua [--dry-run]
local cli = require "lanyard.cli"
local region, dry_run = cli.connect {}, ... == "--dry-run"
for _, service in ipairs(cli.check(region:services())) do
  local glob = service.tags.pull
  if glob and not service.role.arn then
    cli.note(("%s: the puller role is off: lanyard enable %s"):format(service.name, service.name))
  elseif glob then
    local repositories = cli.check(region:repositories { glob })
    for _, result in ipairs(region:change_each(repositories, function(repository)
      return region:grant(service, repository, { dry_run = dry_run })
    end)) do
      local outcome = result.change and result.change.kind or cli.describe(result.err)
      cli.out(("%s: %s: %s"):format(service.name, result.repository, outcome))
    end
  end
end
