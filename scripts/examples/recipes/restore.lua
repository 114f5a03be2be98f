-- Put the policies of a backup back (backup.lua). A repository whose policy means the same is not changed.
-- lanyard restore.lua FOLDER REPOSITORY...
local cli, policy, system = require "lanyard.cli", require "lanyard.policy", require "lanyard.system"
local region, folder = cli.connect {}, ...
for _, repository in ipairs(cli.check(region:repositories { select(2, ...) })) do
  local text = cli.check(system.read_file(("%s/%s.json"):format(folder, repository.name)))
  local saved = cli.check(policy.parse(text))
  local change = cli.check(region:edit(repository, function(doc)
    return not doc:equivalent(saved) and saved:copy()
  end))
  cli.out(("%s: %s"):format(repository.name, change.kind))
end
