local kinds = require "lanyard.policy.lint.kinds"
local lint_cases = require "lint_cases"
local policy = require "lanyard.policy"

local function guess(text)
  return kinds.guess(assert(policy.parse(text)))
end

describe("the type of a policy is guessed", function()
  for name, case in pairs {
    ["a Resource without a Principal"] = { "identity", "identity", {} },
    ["neither Principal nor Resource"] = { "repository", "identity", { Resource = lint_cases.NONE } },
    ["a Principal"] = { "repository", "repository", {} },
    ["a Principal and a Resource"] = { "repository", "repository", { Resource = "*" } },
    ["an action of the registry policy"] = { "registry", "registry", {} },
    ["NotPrincipal"] = { "repository", "repository", { Principal = lint_cases.NONE, NotPrincipal = { AWS = "111122223333" } } },
    ["actions of STS"] = { "trust", "trust", {} },
    ["a Deny of other services for everyone"] = { "rcp", "rcp", { Action = { "s3:*", "ecr:*" } } },
    ["an Allow of other services for everyone"] = { "vpc-endpoint", "vpc-endpoint", { Action = "s3:*" } },
    ["an Allow of ECR for everyone, with Resource"] = { "repository", "vpc-endpoint", {} },
  } do
    it(name, function()
      assert.equal(case[1], guess(lint_cases.policy(case[2], case[3])))
    end)
  end

  it("for a document without statements", function()
    assert.equal("repository", guess '{"Statement":[]}')
  end)
end)

it("an unknown type is an error", function()
  assert.has_error(function() kinds.get "bucket" end)
end)
