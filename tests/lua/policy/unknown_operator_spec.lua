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

it("what allows a request under an unknown operator, or an unknown set operator, is what AWS decides", function()
  for _, operator in ipairs { "ForAnyValues:StringNotLike", "ForAllValue:Null", "ForEach:Bool", "stringEquals", "ArnNot" } do
    local doc = assert(policy.parse(([[{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*",
      "Action":"ecr:*","Condition":{"%s":{"aws:SourceArn":"a"}}}]}]]):format(operator)))
    local answer, _, _, found = doc:can { principal = "arn:aws:iam::111122223333:role/x", action = "ecr:BatchGetImage" }
    assert.equal("depends", answer)
    assert.equal(("AWS decides that %s holds for aws:SourceArn"):format(operator), found.text)
  end
end)
