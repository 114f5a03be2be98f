local location = require "lanyard.audit.location"
local policy = require "lanyard.policy"

local TEXT = [[{"Version":"2012-10-17",
"Statement":[{"Effect":"Deny","NotPrincipal":{"AWS":"111122223333"},"NotAction":"ecr:PutImage"},
{"Effect":"Allow","Principal":{"AWS":["444455556666","*"]},"Action":["ecr:Get*","ecr:BatchGetImage"]}]}]]

local doc = assert(policy.parse(TEXT))

local function text_at(at)
  return TEXT:sub(at.first, at.last)
end

describe("a location in a policy", function()
  it("has the line and column of a statement", function()
    local at = location.statement(doc, 2)
    assert.matches('^{"Effect":"Allow",.*}$', text_at(at))
    assert.same({ 3, 1 }, { at.line, at.column })
  end)

  it("points to a principal or an action pattern, also in NotPrincipal and NotAction", function()
    assert.equal('"*"', text_at(location.principal(doc, 2, "*")))
    assert.equal('"ecr:BatchGetImage"', text_at(location.action(doc, 2, "ecr:BatchGetImage")))
    assert.equal('"111122223333"', text_at(location.principal(doc, 1, "111122223333")))
    assert.equal('"ecr:PutImage"', text_at(location.action(doc, 1, "ecr:PutImage")))
  end)

  it("points to the element when the value does not occur in it", function()
    assert.equal('{"AWS":"111122223333"}', text_at(location.principal(doc, 1, "everyone but 111122223333")))
    assert.equal('["ecr:Get*","ecr:BatchGetImage"]', text_at(location.action(doc, 2, "ecr:PutImage")))
  end)

  it("points to the statement when the element does not exist", function()
    assert.same(location.statement(doc, 2), location.element(doc, 2, "Condition"))
    assert.equal('"Allow"', text_at(location.element(doc, 2, "Effect")))
  end)

  it("is found in a policy whose only statement is not in a list", function()
    local text = '{"Statement":{"Effect":"Allow","Principal":"*","Action":"ecr:*"}}'
    local at = location.principal(assert(policy.parse(text)), 1, "*")
    assert.equal('"*"', text:sub(at.first, at.last))
  end)
end)
