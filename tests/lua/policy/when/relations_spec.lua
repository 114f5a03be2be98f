local literals = require "lanyard.policy.when.literals"
local relations = require "lanyard.policy.when.relations"

local function relation(first, second)
  return relations.relation(literals.fact(table.unpack(first)), literals.fact(table.unpack(second)))
end

describe("the relation of two tests of a key", function()
  for _, row in ipairs {
    { "excludes", { "k", "StringEquals", { "a" } }, { "K", "StringEquals", { "b", "c" } } },
    { "implies", { "k", "StringEquals", { "ab" } }, { "k", "StringLike", { "a*" } } },
    { "excludes", { "k", "StringEquals", { "b" } }, { "k", "StringLike", { "a*", "c*" } } },
    { nil, { "k", "StringEquals", { "ab", "b" } }, { "k", "StringLike", { "a*" } } },
    { nil, { "k", "StringEquals", { "${aws:x}" } }, { "k", "StringLike", { "a*" } } },
    { nil, { "k", "StringLike", { "a*" } }, { "k", "StringLike", { "*b" } } },
    { "implies", { "k", "IpAddress", { "10.1.0.0/16" } }, { "k", "IpAddress", { "10.0.0.0/8" } } },
    { "excludes", { "k", "IpAddress", { "10.0.0.0/8" } }, { "k", "IpAddress", { "192.0.2.1", "11.0.0.0/8" } } },
    { nil, { "k", "IpAddress", { "10.0.0.0/8" } }, { "k", "IpAddress", { "10.1.0.0/16" } } },
    { nil, { "k", "IpAddress", { "2001:db8::/32" } }, { "k", "IpAddress", { "10.0.0.0/8" } } },
    { "excludes", { "k", "Null", {} }, { "k", "Bool", { "true" } } },
    { "implies", { "k", "Null", {} }, { "k", "ForAllValues:StringEquals", { "a" } } },
    { "excludes", { "k", "Null", {} }, { "k", "ForAnyValue:StringEquals", { "a" } } },
    { "excludes", { "k", "Bool", { "true" } }, { "k", "Bool", { "false" } } },
    { nil, { "k", "StringEquals", { "a" } }, { "other", "StringEquals", { "b" } } },
    { nil, { "k", "ForAnyValue:StringEquals", { "a" } }, { "k", "ForAnyValue:StringEquals", { "b" } } },
  } do
    it(("of %s and %s is %s"):format(literals.text { fact = literals.fact(table.unpack(row[2])) },
        literals.text { fact = literals.fact(table.unpack(row[3])) }, tostring(row[1])), function()
      assert.equal(row[1], relation(row[2], row[3]))
    end)
  end
  it("leaves the assignments that a request can have", function()
    local facts = { literals.fact("k", "Null", {}), literals.fact("k", "Bool", { "true" }), literals.fact("k", "Bool", { "false" }) }
    local possible, count = relations.possible(facts), 0
    for assignment = 0, 7 do
      count = count + (possible(assignment) and 1 or 0)
    end
    assert.equal(3, count)
  end)
end)
