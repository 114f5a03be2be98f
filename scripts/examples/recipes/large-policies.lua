-- List repositories whose policy uses most of the 10,240 characters that ECR accepts.
-- lanyard large-policies.lua [PERCENT]
local cli, policy = require "lanyard.cli", require "lanyard.policy"
local limit = policy.LIMIT * (tonumber((...)) or 80) / 100
for _, item in ipairs(cli.check(cli.connect({}):policies())) do
  if item.err then
    cli.note(item.repository.name .. ": " .. cli.describe(item.err))
  elseif item.doc and item.doc:size() >= limit then
    local smaller = policy.minimize(item.doc)
    cli.out(("%s: %d characters, %d without redundant parts"):format(item.repository.name, item.doc:size(),
      smaller:size()))
  end
end
