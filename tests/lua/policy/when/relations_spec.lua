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
    { nil, { "k", "IpAddress", { "10.0.0.0/40" } }, { "k", "IpAddress", { "192.0.2.0/24" } } },
    { nil, { "k", "IpAddress", { "10.0.0.0/8" } }, { "k", "IpAddress", { "99999999999999999999.0.0.0/8" } } },
    { "implies", { "k", "IpAddress", { "10.1.0.0/16", "192.0.2.1" } }, { "k", "IpAddress", { "192.0.2.0/24", "10.0.0.0/8", "10.0.0.0/9" } } },
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
  it("compares lists of networks as each with each", function()
    local function range(i)
      local bits = 24 + i * 7 % 9
      return ("192.0.%d.%d/%d"):format(i % 3, i * 53 % 256, bits), i % 3 * 256 + i * 53 % 256 // (1 << (32 - bits)) * (1 << (32 - bits)),
        1 << (32 - bits)
    end
    local seen = {}
    for start = 1, 60 do
      local texts, one, first, size = {}, range(start)
      local all, none = false, true
      for i = start + 1, start + 3 do
        local other, other_size
        texts[#texts + 1], other, other_size = range(i)
        all = all or first >= other and first + size <= other + other_size
        none = none and (first + size <= other or other + other_size <= first)
      end
      local expected = all and "implies" or none and "excludes" or nil
      assert.equal(expected, relation({ "k", "IpAddress", { one } }, { "k", "IpAddress", texts }), one)
      seen[tostring(expected)] = true
    end
    assert.same({ implies = true, excludes = true, ["nil"] = true }, seen)
  end)

  it("leaves the assignments that a request can have", function()
    local facts = { literals.fact("k", "Null", {}), literals.fact("k", "Bool", { "true" }), literals.fact("k", "Bool", { "false" }) }
    local possible, count = relations.possible(facts), 0
    for assignment = 0, 7 do
      count = count + (possible(assignment) and 1 or 0)
    end
    assert.equal(3, count)
  end)
end)
