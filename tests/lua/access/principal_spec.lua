local principal = require "lanyard.access.principal"

local PULLER = "arn:aws:iam::947856326339:role/amazon/lightsail/us-east-1/containers/web/private-repo-access/abc123"
local GENERAL = "arn:aws:iam::947856326339:role/amazon/lightsail/us-east-1/containers/web/abc123"

local function kind(type, value)
  return principal.classify(type, value, "111122223333").kind
end

describe("principal.check", function()
  it("accepts what a policy can name", function()
    for _, text in ipairs { "*", "444455556666", PULLER, "arn:aws:sts::111122223333:assumed-role/x/s",
      "AROA2XQYJ5EXAMPLE12345", "AIDA2XQYJ5EXAMPLE12345", ("0f"):rep(32), "lightsail.amazonaws.com",
      "cognito-identity.amazonaws.com" } do
      assert.is_true(principal.check(text), text)
    end
  end)
  it("rejects any other text with a message", function()
    for _, text in ipairs { "", " ", "web", "lightsail", "11112222333", "role/ci", "arn:aws:iam", "**", "AROA", ("0f"):rep(31),
      "lightsail.amazonaws.com " } do
      local ok, why = principal.check(text)
      assert.is_nil(ok)
      assert.equal(("'%s' is not an ARN, account id, unique id, service or *"):format(text), why)
    end
  end)
end)

describe("principal.classify", function()
  it("recognizes the puller role with its Region and service, and not as foreign", function()
    local found = principal.classify("AWS", PULLER, "111122223333")
    assert.equal("puller", found.kind)
    assert.equal("us-east-1", found.region)
    assert.equal("web", found.service)
    assert.is_false(found.foreign)
  end)
  it("distinguishes the general role from the puller role", function()
    assert.equal("service-role", kind("AWS", GENERAL))
  end)
  it("recognizes all other kinds", function()
    assert.equal("public", kind("*", "*"))
    assert.equal("public", kind("AWS", "*"))
    assert.equal("orphan", kind("AWS", "AROA2XQYJ5EXAMPLE12345"))
    assert.equal("account", kind("AWS", "444455556666"))
    assert.equal("account", kind("AWS", "arn:aws:iam::444455556666:root"))
    assert.equal("role", kind("AWS", "arn:aws:iam::111122223333:role/x/y"))
    assert.equal("user", kind("AWS", "arn:aws:iam::111122223333:user/x"))
    assert.equal("session", kind("AWS", "arn:aws:sts::111122223333:assumed-role/x/s"))
    assert.equal("lightsail-service", kind("Service", "lightsail.amazonaws.com"))
    assert.equal("service", kind("Service", "ecs.amazonaws.com"))
    assert.equal("federated", kind("Federated", "cognito-identity.amazonaws.com"))
    assert.equal("unknown", kind("AWS", "nonsense"))
  end)
  it("recognizes a foreign account", function()
    assert.is_true(principal.classify("AWS", "444455556666", "111122223333").foreign)
    assert.is_false(principal.classify("AWS", "111122223333", "111122223333").foreign)
  end)
end)
