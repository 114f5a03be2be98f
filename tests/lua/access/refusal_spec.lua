local errors = require "lanyard.errors"
local policy = require "lanyard.policy"
local refusal = require "lanyard.access.refusal"

local function refused(message, code)
  return errors.new { code = code or "InvalidParameterException", message = message }
end

local NOT_FOUND = "Invalid parameter at 'PolicyText' failed to satisfy constraint: 'Principal not found'"
local INVALID = "Invalid parameter at 'PolicyText' failed to satisfy constraint: 'Invalid repository policy provided'"

local function document(principal)
  return assert(policy.parse(('{"Statement":[{"Effect":"Allow","Principal":{"AWS":"%s"},"Action":"ecr:BatchGetImage"}]}')
    :format(principal)))
end

describe("the kind of a refusal", function()
  it("is known by ECR's message", function()
    assert.equal("principal", refusal.kind(refused(NOT_FOUND)))
    assert.equal("policy", refusal.kind(refused(INVALID)))
    assert.is_nil(refusal.kind(refused "another parameter"))
    assert.is_nil(refusal.kind(refused(NOT_FOUND, "AccessDeniedException")))
  end)
end)

describe("the pause after a refusal", function()
  it("grows, and then stays", function()
    assert.same({ 1, 2, 4, 8, 10, 10 }, { refusal.pause(1), refusal.pause(2), refusal.pause(3), refusal.pause(4),
      refusal.pause(5), refusal.pause(50) })
  end)
end)

describe("the explanation of a refusal", function()
  it("names orphans, and the command that removes them", function()
    local err = refusal.explain(refused(NOT_FOUND), document "AROAEXAMPLEEXAMPLEEXA", "web")
    assert.matches("AROAEXAMPLEEXAMPLEEXA.*lanyard revoke %-%-orphans web", err.tip)
  end)

  it("names the checks for a principal, and for a policy without a reason", function()
    local doc = document "111122223333"
    assert.matches("lanyard audit web", refusal.explain(refused(NOT_FOUND), doc, "web").tip)
    assert.matches("lanyard policy lint", refusal.explain(refused(INVALID), doc, "web").tip)
  end)

  it("leaves other errors as they are", function()
    assert.is_nil(refusal.explain(refused("no", "AccessDeniedException"), document "*", "web").tip)
  end)
end)
