local policy = require "lanyard.policy"

-- Statements whose conditions have an operator that does not exist, beside a policy variable of the caller.
local TEXT = [[{"Version":"2012-10-17","Statement":[
  {"Effect":"Deny","Principal":"*","Action":"ecr:*"},
  {"Effect":"Allow","Principal":{"Service":"ecs.amazonaws.com"},"Action":"ecr:BatchGetImage",
   "Condition":{"For:":{":":["nan","a"],"aws:SourceVpc":"arn:aws:::::","ecr:a":["${aws:username, 'a'}","${aws:username}"]}}}]}]]

it("a question about a policy with an unknown operator is answered where a Deny decides it", function()
  local doc = assert(policy.parse(TEXT))
  assert.is_nil(policy.new_access(policy.new(), doc))
  assert.is_table(doc:lint())
end)
