-- Let every active account of the organization pull from repositories, with one statement that names the organization.
-- lanyard share-with-organization.lua REPOSITORY...
local cli, policy = require "lanyard.cli", require "lanyard.policy"
local region = cli.connect {}
local organizations = cli.check(region.session:client "organizations")
local id = cli.check(organizations:DescribeOrganization {}).Organization.Id
for _, repository in ipairs(cli.check(region:repositories { ... })) do
  local change = cli.check(region:edit(repository, function(doc)
    return doc:allow { sid = "OrganizationPull", principal = "*", actions = policy.PULL_ACTIONS,
      condition = { StringEquals = { ["aws:PrincipalOrgID"] = id } } }
  end))
  cli.out(("%s: %s"):format(repository.name, change.kind))
end
