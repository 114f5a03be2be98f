-- Let functions of AWS Lambda in this account run images of a repository; no other account can use the grant.
-- lanyard lambda-pull.lua REPOSITORY...
local cli, policy = require "lanyard.cli", require "lanyard.policy"
local region = cli.connect {}
local statement = cli.check(policy.parse([[{ "Version": "2012-10-17", "Statement": [ { "Sid": "LambdaPull",
  "Effect": "Allow", "Principal": { "Service": "lambda.amazonaws.com" },
  "Action": [ "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer" ],
  "Condition": { "StringEquals": { "aws:SourceAccount": "]] .. cli.check(region:account_id()) .. [[" } } } ] }]]))
for _, repository in ipairs(cli.check(region:repositories { ... })) do
  local change = cli.check(region:edit(repository, function(doc)
    local merged, err = policy.merge(doc, statement)
    return merged and not doc:equivalent(merged) and merged, err
  end))
  cli.out(("%s: %s"):format(repository.name, change.kind))
end
