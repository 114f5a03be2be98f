local budgets = require "lanyard.policy.budget"
local coverage = require "lanyard.policy.coverage"
local policy = require "lanyard.policy"
local redundancy = require "lanyard.policy.redundancy"

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

  it("keeps an operand beside one with a policy variable", function()
    local text = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"s3:*","Resource":'
      .. '["arn:aws:s3:::${aws:username}/*","arn:aws:s3:::*/a"],"Condition":{"StringNotEquals":{"aws:username":'
      .. '["web","${aws:PrincipalTag/team}"]}}}]}'
    assert.equal(text, (minimized(text)))
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

  it("keeps a session beside its role, and a role beside its account, but not beside everyone", function()
    local SESSION = "arn:aws:sts::111122223333:assumed-role/ci/build"
    local function named(...)
      local statements = {}
      for i, principal in ipairs { ... } do
        statements[i] = ('{"Effect":"Allow","Principal":%s,"Action":"ecr:GetX"}'):format(
          principal == "*" and '"*"' or ('{"AWS":"%s"}'):format(principal))
      end
      return ('{"Version":"2012-10-17","Statement":[%s]}'):format(table.concat(statements, ","))
    end
    local text = named("111122223333", ROLE, SESSION)
    assert.equal(text, minimized(text))
    local _, removed = minimized(named("*", ROLE, SESSION, "111122223333"))
    assert.equal(3, #removed)
    text = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":["' .. ROLE .. '","' .. SESSION
      .. '"]},"Action":"ecr:GetX"}]}'
    assert.equal(text, minimized(text))
    text = named("111122223333", ROLE, SESSION):gsub("Allow", "Deny")
    _, removed = minimized(text)
    assert.same({ { statement = "#3" }, { statement = "#2" } }, removed)
  end)

  it("keeps a principal that NotPrincipal excludes, beside its account", function()
    local text = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","NotPrincipal":{"AWS":"arn:aws:iam::111122223333'
      .. ':user/joe"},"Action":"ecr:GetX"},{"Effect":"Allow","Principal":{"AWS":"111122223333"},"Action":"ecr:GetX"}]}'
    assert.equal(text, minimized(text))
  end)

  it("does not remove two Denies of each other", function()
    local function deny(...)
      return ('{"Effect":"Deny","Principal":{"AWS":["%s"]},"Action":"ecr:*"}'):format(table.concat({ ... }, '","'))
    end
    local text, removed = minimized(('{"Version":"2012-10-17","Statement":[%s,%s]}'):format(
      deny(ROLE, "arn:aws:iam::111122223333:user/a"), deny(ROLE, "arn:aws:iam::111122223333:user/b")))
    assert.equal(1, #removed)
    assert.truthy(text:find(ROLE, 1, true))
  end)

  it("finds the redundant values of long lists, and keeps the others", function()
    local patterns, keys, networks, expected = {}, {}, {}, {}
    for i = 1, 120 do
      patterns[i] = ('"arn:aws:iam::%012d:role/r%d-*"'):format(111122223333 + i, i)
      keys[i] = ('"aws:PrincipalTag/k%d":"%d"'):format(i, i)
      networks[i] = ('"192.0.%d.0/24"'):format(2 * i)
    end
    patterns[121], patterns[122] = patterns[7], '"arn:aws:iam::111122223338:role/r5-x"'
    networks[121] = '"192.0.8.7/32"'
    local _, removed, undecided = policy.minimize(policy.parse(('{"Version":"2012-10-17","Statement":['
      .. '{"Effect":"Allow","Principal":"*","Action":"ecr:GetX","Condition":{"ArnLike":{"aws:PrincipalArn":[%s]}}},'
      .. '{"Effect":"Allow","Principal":"*","Action":"ecr:GetY","Condition":{"StringEquals":{%s}}},'
      .. '{"Effect":"Allow","Principal":"*","Action":"ecr:GetZ","Condition":{"IpAddress":{"aws:SourceIp":[%s]}}}]}')
      :format(table.concat(patterns, ","), table.concat(keys, ","), table.concat(networks, ","))))
    for i, removal in ipairs(removed) do expected[i] = removal.value end
    assert.same({ "arn:aws:iam::111122223338:role/r5-x", "arn:aws:iam::111122223340:role/r7-*", "192.0.8.7/32" }, expected)
    assert.is_nil(undecided)
  end)

  it("removes statements that are redundant once others are smaller", function()
    local text, removed = minimized('{"Version":"2012-10-17","Statement":['
      .. '{"Effect":"Allow","Principal":"*","Action":["ecr:*","ecr:GetX"],"Condition":{"Bool":{"aws:SecureTransport":["true","false"]}}},'
      .. '{"Effect":"Allow","Principal":{"AWS":"*"},"Action":["ecr:*","ecr:GetX"],"Condition":{"Null":{"aws:x":["true","false"]}}}]}')
    assert.equal(1, #policy.parse(text):statements())
    assert.is_true(#removed >= 3)
    assert.is_nil(text:find("Condition", 1, true))
  end)

  it("minimizes hundreds of statements", function()
    local statements = {}
    for i = 1, 300 do
      statements[i] = ('{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::%012d:role/r"},"Action":"ecr:GetX"}')
        :format(111122223333 + i % 150)
    end
    local text, removed = minimized(('{"Version":"2012-10-17","Statement":[%s]}'):format(table.concat(statements, ",")))
    assert.equal(150, #removed)
    assert.equal(150, #policy.parse(text):statements())
  end)

  it("says so if the limit ends the work", function()
    local kept <close> = setmetatable({ redundancy.MOST_STEPS }, { __close = function(self)
      redundancy.MOST_STEPS = self[1]
    end })
    redundancy.MOST_STEPS = 100
    local _, removed, undecided = policy.minimize(policy.parse('{"Version":"2012-10-17","Statement":['
      .. '{"Effect":"Allow","Principal":{"AWS":"444455556666"},"Action":["ecr:Get*","ecr:GetX","ecr:GetY"]}]}'))
    assert.is_true(kept[1] > 1000 and #removed < 2)
    assert.equal("the policy has too many statements that may apply to the same requests", undecided)
  end)

  it("asks about a part with the forms of values that the whole document mentions", function()
    local function of(other, condition)
      return ('{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"ecr:*","Condition":%s},%s]}')
        :format(condition, other)
    end
    local prod = '{"Effect":"Allow","Principal":{"AWS":"111122223333"},"Action":"ecr:GetX","Condition":'
      .. '{"StringLike":{"aws:SourceVpc":"%s"}}}'
    for vpc, left in pairs { ["prod"] = '"*"', ["vpc-1"] = '"vpc-*"' } do
      local text, removed, undecided = minimized(of(prod:format(vpc), '{"StringLike":{"aws:SourceVpc":["vpc-*","*"]}}'))
      assert.is_nil(undecided)
      assert.equal(2, #removed)
      assert.truthy(text:find(('{"StringLike":{"aws:SourceVpc":[%s]}}'):format(left), 1, true), text)
    end
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

  it("finds equal statements without a comparison of each with all others", function()
    local equal = ('{"Sid":"S%d","Effect":"Allow","Principal":{"AWS":"111122223333"},"Action":"ecr:Get%s"}')
    local texts = {}
    for i = 1, 30 do texts[i] = equal:format(i, i % 2 == 0 and "A" or "B") end
    texts[31] = equal:format(31, "C")
    local doc = assert(policy.parse(('{"Version":"2012-10-17","Statement":[%s]}'):format(table.concat(texts, ","))))
    local budget = budgets.new(0)
    local check, redundant = redundancy.new(doc, nil, budget), 0
    for i = #texts, 1, -1 do
      if check:is_redundant(i) then
        check:remove(i)
        redundant = redundant + 1
      end
    end
    assert.same({ 28, 0 }, { redundant, budget.left })
  end)

  local function with_keys(count, value)
    local keys = {}
    for i = 1, count do keys[i] = ('"aws:PrincipalTag/%s%d":"%s"'):format(("k"):rep(60), i, value) end
    return assert(policy.parse(('{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*",'
      .. '"Action":"ecr:*","Condition":{"StringLike":{%s}}}]}'):format(table.concat(keys, ","))))
  end

  it("does not read a statement again for each condition key", function()
    local methods = require("lanyard.policy.core").methods
    local tree, count = methods.tree, 0
    methods.tree = function(doc)
      count = count + 1
      return tree(doc)
    end
    local ok, _, removed = pcall(policy.minimize, with_keys(100, "v"))
    methods.tree = tree
    assert.same({ true, {} }, { ok, removed })
    assert.is_true(count < 10, count)
  end)

  it("writes a long list once, whatever is removed from it", function()
    local values = { '"ecr:Get*"', '"ecr:Put*"' }
    for i = 3, 1000 do values[i] = ('"ecr:%s%s%d"'):format(i % 2 == 0 and "Get" or "List", ("x"):rep(40), i) end
    local doc = assert(policy.parse('{"Statement":[{"Effect":"Allow","Principal":{"AWS":"111122223333"},"Action":['
      .. table.concat(values, ",") .. "]}]}"))
    local methods = require("lanyard.policy.core").methods
    local copy, copied = methods.copy, 0
    methods.copy = function(one)
      copied = copied + #tostring(one)
      return copy(one)
    end
    local ok, smaller, removed = pcall(policy.minimize, doc)
    methods.copy = copy
    assert.same({ true, 499, 501 }, { ok, #removed, #smaller:statements()[1].actions })
    assert.is_true(copied < 30 * #tostring(doc), copied)
  end)

  it("gives up on statements that all may apply to the same requests", function()
    local texts = {}
    for i = 1, 1000 do
      texts[i] = ('{"Effect":"Allow","Principal":{"AWS":"111122223333"},"Action":"ecr:*Get%d"}'):format(i)
    end
    local meet, compared = coverage.meet, 0
    coverage.meet = function(...)
      compared = compared + 1
      return meet(...)
    end
    local ok, _, removed, undecided = pcall(policy.minimize,
      assert(policy.parse(('{"Version":"2012-10-17","Statement":[%s]}'):format(table.concat(texts, ",")))))
    coverage.meet = meet
    assert.same({ true, {}, "string" }, { ok, removed, type(undecided) })
    assert.is_true(compared < 300000, compared)
  end)

  it("gives up on a statement that takes too long to edit", function()
    local _, removed, undecided = policy.minimize(with_keys(3000, "v*"))
    assert.same({}, removed)
    assert.is_string(undecided)
  end)
end)
