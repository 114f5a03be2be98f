local policy = require "lanyard.policy"

local function minimized(text, options)
  local doc = assert(policy.parse(text))
  local smaller, removed = policy.minimize(doc, options)
  assert.equal(text, tostring(doc))
  assert.is_true(policy.equal_access(doc, smaller, options))
  return tostring(smaller), removed
end

local ROLE = "arn:aws:iam::111122223333:role/ci"

describe("policy.minimize", function()
  it("removes redundant statements, and keeps the bytes of the others", function()
    local kept = ('{ "Sid" : "a", "Effect":"Allow","Principal":{"AWS":"111122223333"},\n"Action":"ecr:Batch*"}')
    local text, removed = minimized(('{"Version":"2012-10-17","Statement":[%s,\n  {"Sid":"b","Effect":"Allow",'
      .. '"Principal":{"AWS":"111122223333"},"Action":"ecr:BatchGetImage"}]}'):format(kept))
    assert.truthy(text:find(kept, 1, true))
    assert.is_nil(text:find('"b"', 1, true))
    assert.same({ { statement = "b" } }, removed)
  end)

  it("removes redundant values of lists, the later one of two", function()
    local text, removed = minimized(('{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":'
      .. '["%s","111122223333","%s"],"Service":["a.amazonaws.com","A.amazonaws.com"]},"Action":["ecr:Get*","ECR:GetX"],'
      .. '"Condition":{"IpAddress":{"aws:SourceIp":["10.0.0.0/8","10.1.0.0/16"]}}}]}'):format("arn:aws:iam::111122223333:root", ROLE))
    assert.truthy(text:find(('"AWS":["arn:aws:iam::111122223333:root","%s"]'):format(ROLE), 1, true))
    assert.truthy(text:find('"Action":["ecr:Get*"]', 1, true))
    assert.truthy(text:find('"aws:SourceIp":["10.0.0.0/8"]', 1, true))
    local values = {}
    for _, removal in ipairs(removed) do
      values[removal.value] = removal.element
    end
    assert.equal("Principal AWS", values["111122223333"])
    assert.equal("Action", values["ECR:GetX"])
    assert.equal("Condition IpAddress aws:SourceIp", values["10.1.0.0/16"])
  end)

  it("removes conditions that always hold, with what becomes empty", function()
    local text = minimized('{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"ecr:*",'
      .. '"Condition":{"StringLikeIfExists":{"aws:PrincipalOrgID":"*"}}}]}')
    assert.is_nil(text:find("Condition", 1, true))
  end)

  it("keeps a Deny that denies nothing that this document allows", function()
    local text = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"111122223333"},'
      .. '"Action":"ecr:BatchGetImage"},{"Effect":"Deny","Principal":"*","Action":"ecr:Delete*"}]}'
    assert.equal(text, minimized(text))
  end)

  it("removes a Deny that another Deny covers", function()
    local text, removed = minimized('{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Principal":"*",'
      .. '"Action":"ecr:*"},{"Effect":"Deny","Principal":{"AWS":"111122223333"},"Action":"ecr:Put*"}]}')
    assert.is_nil(text:find("Put", 1, true))
    assert.same({ { statement = "#2" } }, removed)
  end)

  it("keeps one statement, and statements without a Principal", function()
    local text = minimized('{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"ecr:*",'
      .. '"Condition":{"StringEquals":{"aws:x":[]}}},{"Effect":"Allow","Principal":"*","Action":"ecr:*",'
      .. '"Condition":{"Null":{"aws:y":"true"},"StringEquals":{"aws:y":"1"}}}]}')
    assert.truthy(text:find('"Effect"', 1, true))
    text = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"ecr:*"},{"Effect":"Deny","Action":"s3:*"}]}'
    assert.equal(text, minimized(text))
  end)

  it("does not change a document without redundant parts", function()
    for _, text in ipairs {
      '{"Version":"2012-10-17","Statement":[]}',
      '{"Version":"2008-10-17","Statement":{"Effect":"Allow","Principal":"*","Action":"ecr:GetX"}}',
      '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["s3:Get*","s3:Put*"],"Resource":"*"}]}',
    } do
      assert.equal(text, minimized(text, { kind = text:find "s3" and "identity" or "resource" }))
    end
  end)
end)
