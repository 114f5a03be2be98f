local core = require "lanyard.policy.core"
local layers = require "lanyard.policy.layers"

local function verdict(answer, reason)
  return { answer = answer, reason = reason }
end

local ALLOW, DEPENDS, DENY = verdict("allow", "a"), verdict("depends", "d"), verdict("implicit-deny", "n")

local RESOURCE = { id = "resource-policy", label = "resource policy", numbered = true }

local function request()
  local principal, action = "arn:aws:iam::111122223333:role/x", "ecr:BatchGetImage"
  return { question = core.question { principal = principal, action = action, context = {} }, deny = false, doubt = false }
end

local function text(effect, principal)
  return ('{"Version":"2012-10-17","Statement":{"Effect":"%s","Principal":%s,"Action":"ecr:*"}}'):format(effect, principal)
end

describe("verdicts", function()
  it("are decided by a denial, then by a doubt, when all of them must allow", function()
    assert.equal(DENY, layers.all { ALLOW, DEPENDS, DENY })
    assert.equal(DEPENDS, layers.all { ALLOW, DEPENDS })
    assert.equal(ALLOW, layers.all { ALLOW, verdict("allow", "b") })
  end)

  it("are decided by the first of the best ones when one of them must allow", function()
    assert.equal(ALLOW, layers.any { DENY, DEPENDS, ALLOW, verdict("allow", "b") })
    assert.equal(DEPENDS, layers.any { DENY, DEPENDS })
    assert.equal(DENY, layers.any { DENY, verdict("implicit-deny", "m") })
  end)

  it("are decided by the denial that takes away what a statement gives, when none of them allows", function()
    local given = { answer = "allow", reason = "g", match = {} }
    local limit = layers.all { given, verdict("implicit-deny", "l") }
    assert.equal("l", limit.reason)
    assert.equal(limit, layers.any { DENY, limit, layers.all { given, DENY } })
    assert.equal(DENY, layers.any { DENY, layers.all { given, verdict("implicit-deny", "m"), verdict("implicit-deny", "o") } })
    assert.equal(DEPENDS, layers.any { limit, DEPENDS })
  end)
end)

describe("a layer", function()
  it("allows depending on how a statement names the principal", function()
    local layer = assert(layers.of({ text("Allow", '{"AWS":"111122223333"}') }, RESOURCE, request()))
    assert.equal("allow", layers.verdict(layer, "account").answer)
    assert.equal("allow", layers.verdict(layer).answer)
    assert.equal("implicit-deny", layers.verdict(layer, "anyone").answer)
    assert.equal("no resource policy allows it", layers.verdict(layer, "anyone").reason)
    local level = assert(layers.of({}, RESOURCE, request(), 2))
    assert.equal("no resource policy of level 2 allows it", layers.verdict(level).reason)
  end)

  it("gives the request its first Deny, with the name of its policy", function()
    local asked = request()
    assert(layers.of({ text("Allow", '"*"'), text("Deny", '"*"'), text("Deny", '"*"') }, RESOURCE, asked, 3))
    assert.equal("resource policy of level 3, 2", asked.deny.document)
    assert.matches("^resource policy of level 3, 2: ", asked.deny.reason)
    assert.is_false(asked.doubt)
  end)

  it("keeps the first match of each kind", function()
    local role = '{"AWS":"arn:aws:iam::111122223333:role/x"}'
    local layer = assert(layers.of({ text("Allow", '"*"'), text("Allow", role), text("Allow", role) }, RESOURCE, request()))
    assert.equal("resource policy 1", layers.verdict(layer, "anyone").document)
    assert.equal("resource policy 2", layers.verdict(layer, "principal").document)
    assert.equal("resource policy 2", layers.verdict(layer).document)
  end)

  it("reports a text that is not a policy", function()
    local layer, err = layers.of({ text("Allow", '"*"'), "{" }, RESOURCE, request())
    assert.is_nil(layer)
    assert.equal("InvalidPolicy", err.code)
    assert.matches("^resource policy 2: ", err.message)
  end)
end)
