local policy = require "lanyard.policy"

local function changes(a, b)
  return assert(policy.parse(a)):compare(assert(policy.parse(b)))
end

local function statement(more)
  return '{"Statement":[{"Sid":"s","Effect":"Allow",' .. more .. "}]}"
end

describe("the comparison of two policies", function()
  it("is empty for equal meanings", function()
    assert.same({}, changes(
      statement '"Principal":{"AWS":"111122223333"},"Action":["ecr:A","ecr:B"]',
      statement '"Action":["ECR:b","ecr:a"],"Principal":{"AWS":["arn:aws:iam::111122223333:root"]}'))
  end)

  it("reports by element what a statement lost and gained", function()
    local found = changes(
      statement '"Principal":{"AWS":["111122223333","222233334444"]},"Action":"ecr:A"',
      statement '"Principal":{"AWS":"111122223333"},"Action":["ecr:A","ecr:B"],"Condition":{"Null":{"k":"true"}}')
    assert.equal(1, #found)
    assert.equal("changed", found[1].kind)
    assert.equal("s", found[1].label)
    assert.same({
      { element = "Principal", removed = { "222233334444" }, added = {} },
      { element = "Action", removed = {}, added = { "ecr:B" } },
      { element = "Condition", removed = {}, added = { "k Null true" } },
    }, found[1].elements)
  end)

  it("reports added and removed statements, and a changed Sid", function()
    local a = '{"Statement":[{"Sid":"old","Effect":"Allow","Principal":"*","Action":"ecr:A"},'
      .. '{"Sid":"gone","Effect":"Deny","Principal":"*","Action":"ecr:B"}]}'
    local b = '{"Statement":[{"Sid":"new","Effect":"Allow","Principal":"*","Action":"ecr:A"},'
      .. '{"Sid":"came","Effect":"Deny","Principal":{"AWS":"111122223333"},"Action":"ecr:C"}]}'
    local found = changes(a, b)
    assert.same({ "changed", "added", "removed" }, { found[1].kind, found[2].kind, found[3].kind })
    assert.same({ { element = "Sid", removed = { "old" }, added = { "new" } } }, found[1].elements)
    assert.equal("came", found[2].to.sid)
    assert.equal("gone", found[3].from.sid)
  end)

  it("pairs statements without Sid by their principals", function()
    local found = changes('{"Statement":[{"Effect":"Allow","Principal":{"AWS":"1"},"Action":"ecr:A"}]}',
      '{"Statement":[{"Effect":"Allow","Principal":{"AWS":"1"},"Action":"ecr:B"}]}')
    assert.equal(1, #found)
    assert.same({ { element = "Action", removed = { "ecr:A" }, added = { "ecr:B" } } }, found[1].elements)
  end)

  it("reports Version and Id, with 2008-10-17 for a missing Version", function()
    assert.same({}, changes('{"Statement":[]}', '{"Version":"2008-10-17","Statement":[]}'))
    local found = changes('{"Statement":[]}', '{"Version":"2012-10-17","Id":"x","Statement":[]}')
    assert.equal("document", found[1].kind)
    assert.same({ { element = "Id", removed = {}, added = { "x" } },
      { element = "Version", removed = { "2008-10-17" }, added = { "2012-10-17" } } }, found[1].elements)
  end)

  it("reports members unknown to IAM, ignoring white space", function()
    local text = '{"Remark":%s,"Statement":[]}'
    assert.same({}, changes(text:format '{"a":[1, 2]}', text:format '{ "a" : [1,2] }'))
    assert.same({ { element = "Remark", removed = { "1" }, added = { "[]" } } },
      changes(text:format "1", text:format "[]")[1].elements)
  end)

  it("is empty if only the repetition of a statement differs", function()
    local once, twice = '{"Effect":"Allow","Principal":{"AWS":"111122223333"},"Action":"ecr:A"}',
      '{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111122223333:root"},"Action":"ecr:A"}'
    local a, b = ('{"Statement":[%s,%s]}'):format(once, twice), ('{"Statement":[%s]}'):format(once)
    assert.same({}, changes(a, b))
    assert.same({}, changes(b, a))
  end)

  it("reports statements as a whole that it cannot parse", function()
    local found = changes(statement '"Principal":"*","Action":"ecr:A","Note":1', statement '"Principal":"*","Action":"ecr:A","Note":2')
    assert.equal("Statement", found[1].elements[1].element)
    assert.equal(1, #changes(statement '"Principal":"*"', statement '"Principal":"*","Action":"ecr:A"'))
  end)
end)
