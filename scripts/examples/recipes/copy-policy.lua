-- Add the statements of one repository's policy to the policies of others, which keep their own.
-- lanyard copy-policy.lua FROM TO...
local cli, policy = require "lanyard.cli", require "lanyard.policy"
local region, from = cli.connect {}, ...
local source = cli.check(region:policy(cli.check(region:repositories { from })[1])) or policy.new()
for _, repository in ipairs(cli.check(region:repositories { select(2, ...) })) do
  local change = cli.check(region:edit(repository, function(doc)
    local merged = policy.merge(doc, source)
    return not doc:equivalent(merged) and merged
  end))
  cli.out(("%s: %s"):format(repository.name, change.kind))
end
