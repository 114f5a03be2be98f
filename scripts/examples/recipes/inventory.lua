-- Write the repositories of several accounts, and who can pull from them, into an SQLite database.
-- lanyard inventory.lua FILE ROLE-ARN [ROLE-ARN ...]
local access, cli, sqlite = require "lanyard.access", require "lanyard.cli", require "lanyard.sqlite"
local policy, task = require "lanyard.policy", require "lanyard.task"
local session, roles = cli.session {}, { select(2, ...) }
local db <close> = cli.check(sqlite.open((...)))
cli.check(db:exec "CREATE TABLE IF NOT EXISTS pulls (arn TEXT, caller TEXT, PRIMARY KEY (arn, caller))")
local insert = cli.check(db:prepare "INSERT OR REPLACE INTO pulls VALUES (?, ?)")
task.map(roles, function(role)
  local region = cli.check(access.connect(session:assume(role), { permit = false })) -- it only reads
  for _, item in ipairs(cli.check(region:policies())) do
    local doc = cli.check(item.doc or not item.err and policy.new() or nil, item.err)
    for _, class in ipairs(cli.check(policy.reachable(doc, { action = "ecr:BatchGetImage" }))) do
      cli.check(insert:run(item.repository.arn, class.text))
    end
  end
end, { limit = 4 })
