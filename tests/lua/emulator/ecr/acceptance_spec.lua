local acceptance = require "lanyard.emulator.ecr.acceptance"
local json = require "lanyard.json"

local REPOSITORIES = "arn:aws:ecr:us-east-1:111122223333:repository/*"

local function policy(action, changes)
  local statement = { Sid = "s", Effect = "Allow", Principal = { AWS = "444455556666" }, Action = action }
  for name, value in pairs(changes or {}) do statement[name] = value end
  return json.encode { Version = "2012-10-17", Statement = json.array { statement } }
end

local function accepts(text, kind, scope)
  return acceptance.check(text, { kind = kind, scope = scope }) ~= nil
end

describe("a repository policy", function()
  for _, text in ipairs {
    policy("ecr:BatchGetImage", { Resource = "*" }), policy("ecr:BatchGetImage", { Resource = REPOSITORIES }),
    policy("ecr:BatchGetImage", { NotResource = REPOSITORIES }), policy("ecr:BatchGetImage", { Resource = json.array { "*" } }),
    policy "ecr:GetAuthorizationToken", policy "ECR:getauthorizationtoken",
    policy { "ecr:BatchGetImage", "ecr:GetAuthorizationToken" }, policy "s3:GetObject",
    policy "e*:BatchGetImage", policy "*:*", policy "ecr*:BatchGetImage", policy "ecr", policy "BatchGetImage",
    policy { "ecr:BatchGetImage", "sts:AssumeRole" }, policy "ecr:NoSuch", policy "ecr-public:GetAuthorizationToken",
    '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"ecr:*"}]}', "{", "",
    policy("ecr:BatchGetImage", { Condition = { stringEquals = { ["aws:PrincipalOrgID"] = "o-a" } } }),
    policy("ecr:BatchGetImage", { Condition = { StringIs = { ["aws:PrincipalOrgID"] = "o-a" } } }),
    policy("ecr:BatchGetImage", { Condition = { StringLike = { ["aws:PrincipalArn"] = "${aws:PrincipalArn" } } }),
    policy("ecr:BatchGetImage", { Condition = { StringLike = { ["aws:username"] = "a", ["AWS:UserName"] = "b" } } }),
    policy { "ecr:BatchGetImage", "ecr:GetAuth*" },
  } do
    it("is refused: " .. text, function() assert.is_false(accepts(text, "repository")) end)
  end

  for _, action in ipairs { "ecr:*", "ecr:Get*", "*", "ecr:BatchGetImage", "ECR:batchgetimage", "ecr:*Image" } do
    it("is accepted with " .. action, function() assert.is_true(accepts(policy(action), "repository")) end)
  end

  for _, condition in ipairs {
    { StringLike = { ["aws:username"] = "a" }, StringNotLike = { ["AWS:UserName"] = "b" } },
    { StringEquals = { ["aws:PrincipalTag/org"] = "${aws:PrincipalOrgPaths}" } },
  } do
    local text = json.encode(condition)
    it("is accepted with " .. text, function()
      assert.is_true(accepts(policy("ecr:BatchGetImage", { Condition = condition }), "repository"))
    end)
  end
end)

describe("a registry policy", function()
  it("needs a Resource in each statement", function()
    assert.is_true(accepts(policy("ecr:ReplicateImage", { Resource = REPOSITORIES }), "registry", "V2"))
    assert.is_true(accepts(policy("ecr:ReplicateImage", { Resource = "*" }), "registry", "V2"))
    assert.is_true(accepts(policy("ecr:ReplicateImage", { NotResource = REPOSITORIES }), "registry", "V2"))
    assert.is_false(accepts(policy "ecr:ReplicateImage", "registry", "V2"))
    assert.is_false(accepts('{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"ecr:*","Resource":"*"},'
      .. '{"Effect":"Allow","Principal":"*","Action":"ecr:*"}]}', "registry", "V2"))
  end)

  it("can name a Resource that is not ECR's", function()
    assert.is_true(accepts(policy("ecr:ReplicateImage", { Resource = "arn:aws:us-east-2:012345678901:repository/*" }), "registry", "V2"))
  end)

  it("needs a Principal", function()
    assert.is_false(accepts('{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"ecr:*","Resource":"*"}]}', "registry", "V2"))
  end)

  for action, scopes in pairs {
    ["ecr:ReplicateImage"] = "V1 V2", ["ecr:CreateRepository"] = "V1 V2", ["ecr:BatchImportUpstreamImage"] = "V1 V2",
    ["ecr:*"] = "V1 V2", ["ecr:BatchGetImage"] = "V2", ["ecr:GetAuthorizationToken"] = "V2", ["s3:GetObject"] = "",
  } do
    for _, scope in ipairs { "V1", "V2" } do
      local expected = scopes:find(scope) ~= nil
      it(("with %s is %s in scope %s"):format(action, expected and "accepted" or "refused", scope), function()
        assert.equal(expected, accepts(policy(action, { Resource = "*" }), "registry", scope))
      end)
    end
  end
end)
