local cli, policy = require "lanyard.cli", require "lanyard.policy"

local region = cli.connect {}
for _, repository in ipairs(cli.check(region:repositories())) do
  local doc, err = region:policy(repository)
  if err then
    cli.fail(err)
  end
  local who = {}
  for i, class in ipairs(cli.check(policy.reachable(doc or policy.new(), { action = "ecr:BatchGetImage" }))) do
    who[i] = class.text
  end
  cli.out(("%-10s %s"):format(repository.name, who[1] and table.concat(who, ", ") or "nobody else"))
end
