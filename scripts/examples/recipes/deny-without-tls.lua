-- Deny every request without TLS, as security standards ask for. Statements of others stay as they are.
-- lanyard deny-without-tls.lua REPOSITORY...
local cli, policy = require "lanyard.cli", require "lanyard.policy"
local region = cli.connect {}
local deny = cli.check(policy.parse [[{ "Version": "2012-10-17", "Statement": [ {
  "Sid": "DenyWithoutTLS", "Effect": "Deny", "Principal": "*", "Action": "ecr:*",
  "Condition": { "Bool": { "aws:SecureTransport": "false" } } } ] }]])
for _, repository in ipairs(cli.check(region:repositories { ... })) do
  local change = cli.check(region:edit(repository, function(doc)
    local merged = policy.merge(doc, deny)
    return not doc:equivalent(merged) and merged
  end))
  cli.out(("%s: %s"):format(repository.name, change.kind))
end
