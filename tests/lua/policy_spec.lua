local policy = require "lanyard.policy"

local PULLER = "arn:aws:iam::947856326339:role/amazon/lightsail/us-east-1/containers/web/private-repo-access/"
  .. ("0123456789abcdefghijklmnopqrstuv"):rep(2):sub(1, 52)
local OTHER = "arn:aws:iam::444455556666:role/build"

-- With the layout and order of a handwritten policy.
local HUMAN = [[
{
    "Version" : "2012-10-17",
    "Statement": [ {
        "Action": ["ecr:PutImage",  "ecr:*Layer*"],
        "Effect": "Allow",   "Sid": "push from \u0043I",
        "Principal": { "AWS": "arn:aws:iam::444455556666:role/build" }
    },
    { "Effect":"Deny", "Principal":"*", "Action":"ecr:DeleteRepository", "Condition":{"Bool":{"aws:SecureTransport":"false"}} } ]
}
]]

local function parse(text)
  return assert(policy.parse(text))
end

local function grant(doc, principal)
  return doc:allow { sid = "AllowLightsailPull-web", principal = principal or PULLER, actions = policy.PULL_ACTIONS }
end

describe("a policy document", function()
  it("is rejected with line and column if it is not JSON", function()
    local doc, err = policy.parse '{\n  "Statement": [,]\n}'
    assert.is_nil(doc)
    assert.equal("InvalidPolicy", err.code)
    assert.equal(2, err.line)
    assert.equal(17, err.column)
  end)

  it("is rejected with duplicate keys, also if one is escaped", function()
    local doc, err = policy.parse '{"Statement":[],"\\u0053tatement":[]}'
    assert.is_nil(doc)
    assert.equal(1, err.line)
    assert.matches("Statement", err.message)
  end)

  it("is rejected without the structure of a policy", function()
    for _, text in ipairs { "[]", '"x"', "{}", '{"Statement":1}', '{"Statement":[1]}' } do
      assert.is_nil((policy.parse(text)), text)
    end
  end)

  it("keeps other statements byte for byte through a grant and a revoke", function()
    local doc = parse(HUMAN)
    local theirs = doc:statements()
    assert.is_true((grant(doc)))
    for index, statement in ipairs(theirs) do
      assert.equal(statement.text, doc:statements()[index].text)
    end
    assert.is_true((doc:revoke { principal = PULLER }))
    assert.equal(HUMAN, tostring(doc))
  end)

  it("does not change when the same grant is repeated", function()
    local doc = parse(HUMAN)
    grant(doc)
    local once = tostring(doc)
    local changed, why = grant(doc)
    assert.is_false(changed)
    assert.matches("statement 3", why)
    assert.equal(once, tostring(doc))
  end)

  it("is empty when its last statement is removed", function()
    local doc = policy.new()
    assert.is_true(doc:empty())
    grant(doc)
    assert.is_false(doc:empty())
    doc:revoke { principal = PULLER }
    assert.is_true(doc:empty())
  end)

  it("loses only the revoked principal of a statement that names others", function()
    local doc = parse(('{"Statement":{"Effect":"Allow","Principal":{"AWS":["%s", "%s"]},"Action":"ecr:*"}}')
      :format(OTHER, PULLER))
    local changed, touched = doc:revoke { principal = PULLER }
    assert.is_true(changed)
    assert.equal(1, touched)
    local statement = doc:statements()[1]
    assert.same({ { type = "AWS", value = OTHER } }, statement.principals)
  end)

  it("removes the principals that a function selects", function()
    local doc = parse '{"Statement":[{"Effect":"Allow","Principal":{"AWS":["AROAEXAMPLEEXAMPLE123","123456789012"]},"Action":"ecr:*"}]}'
    assert.is_true((doc:revoke {
      match = function(kind, value) return kind == "AWS" and value:find "^AROA" ~= nil end,
    }))
    assert.same({ { type = "AWS", value = "123456789012" } }, doc:statements()[1].principals)
  end)

  it("keeps a single statement unchanged, in an array if a grant moved it there", function()
    local lone = '{"Effect": "Allow", "Principal": "*", "Action": "ecr:ListImages"}'
    for text, left in pairs {
      ['{"Statement": ' .. lone .. '}'] = '{"Statement": [' .. lone .. ']}',
      ['{"Statement": [' .. lone .. ' ]}'] = '{"Statement": [' .. lone .. ' ]}',
    } do
      local doc = assert(policy.parse(text))
      assert.is_true(doc:allow { principal = "444455556666", actions = { "ecr:BatchGetImage" } })
      assert.is_true(doc:revoke { principal = "444455556666" })
      assert.equal(left, tostring(doc))
    end
  end)

  it("keeps a Deny", function()
    local text = ('{"Statement":[{"Effect":"Deny","Principal":{"AWS":"%s"},"Action":"ecr:*"}]}'):format(PULLER)
    local doc = parse(text)
    assert.is_false((doc:revoke { principal = PULLER }))
    assert.equal(text, tostring(doc))
  end)

  it("counts characters, not bytes", function()
    assert.equal(23, parse('{"Id":"é","Statement":[]}'):size() - 2)
  end)
end)

describe("equivalence", function()
  it("ignores layout, order, case of actions and the form of accounts", function()
    local a = parse '{"Statement":[{"Effect":"Allow","Principal":{"AWS":"123456789012"},"Action":["ecr:A","ecr:B"]}]}'
    local b = parse '{ "Statement": {"Action":["ECR:b","ecr:a","ecr:A"],"Principal":{"AWS":["arn:aws:iam::123456789012:root"]},"Effect":"Allow"} }'
    assert.is_true(a:equivalent(b))
  end)

  it("does not hold if an effect differs", function()
    local text = '{"Statement":[{"Effect":"%s","Principal":"*","Action":"ecr:A"}]}'
    assert.is_false(parse(text:format "Allow"):equivalent(parse(text:format "Deny")))
  end)
end)

describe("merge", function()
  it("joins the statements of both without repeating any", function()
    local merged = assert(policy.merge(parse(HUMAN), parse(HUMAN)))
    assert.equal(HUMAN, tostring(merged))
  end)

  it("names the Sids with different meanings", function()
    local text = '{"Statement":[{"Sid":"s","Effect":"%s","Principal":"*","Action":"ecr:A"}]}'
    local merged, err = policy.merge(parse(text:format "Allow"), parse(text:format "Deny"))
    assert.is_nil(merged)
    assert.same({ "s" }, err.conflicts)
  end)

  it("appends a statement once that the second policy repeats", function()
    local statement = '{"Effect":"Allow","Principal":"*","Action":"ecr:A"}'
    local merged = assert(policy.merge(parse '{"Statement":[]}', parse(('{"Statement":[%s,%s]}'):format(statement, statement))))
    assert.equal(1, #merged:statements())
  end)

  it("copies an Id that only the second policy has, and names members that differ", function()
    local merged = assert(policy.merge(parse '{"Statement":[]}', parse '{"Id":"two","Statement":[]}'))
    assert.equal('{"Id":"two","Statement":[]}', tostring(merged))
    local nothing, err = policy.merge(parse '{"Id":"one","Statement":[]}', parse '{"Id":"two","Remark":{},"Statement":[]}')
    assert.is_nil(nothing)
    assert.same({ "Id", "Remark" }, err.conflicts)
  end)

  it("merges several policies in order, and names the one that conflicts", function()
    local function one(sid, action)
      return parse(('{"Id":"i","Statement":[{"Sid":"%s","Effect":"Allow","Principal":"*","Action":"ecr:%s"}]}'):format(sid, action))
    end
    local a, b, c = one("a", "A"), one("b", "B"), one("c", "A")
    local merged = assert(policy.merge(a, b, c, one("d", "D")))
    assert.equal(tostring(assert(policy.merge(assert(policy.merge(assert(policy.merge(a, b)), c)), one("d", "D")))), tostring(merged))
    assert.equal(3, #merged:statements())
    local nothing, err = policy.merge(a, b, one("b", "D"), one("a", "E"))
    assert.is_nil(nothing)
    assert.same({ "Conflict", { "b" }, 3 }, { err.code, err.conflicts, err.document })
    assert.error_matches(function() policy.merge(a, b, "c") end, "document 3: a document of lanyard.policy expected")
  end)

  it("returns an error for a result that is too long", function()
    local function long(action)
      return parse(('{"Statement":[{"Effect":"Allow","Principal":"*","Action":"%s%s"}]}'):format(action, ("a"):rep(600000)))
    end
    local merged, err = policy.merge(long "a", long "b")
    assert.is_nil(merged)
    assert.equal("InvalidPolicy", err.code)
    assert.matches("^expected a policy, at most 1048576 bytes", err.message)
  end)

  it("refuses to turn a policy variable into plain text, in any spelling", function()
    local text = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"ecr:A",%s}]}'
    for _, element in ipairs { '"Resource":"a/\\u0024{aws:username}"', '"Condition":{"StringEquals":{"k":"${aws:username}"}}' } do
      local merged, err = policy.merge(parse '{"Version":"2008-10-17","Statement":[]}', parse(text:format(element)))
      assert.is_nil(merged)
      assert.same({ "Version" }, err.conflicts)
    end
  end)
end)

describe("diff", function()
  it("is empty for equal policies, and contains added lines", function()
    local doc = parse(HUMAN)
    local edited = doc:copy()
    assert.equal("", doc:diff(edited))
    grant(edited)
    local text = doc:diff(edited, { from = "now", to = "then" })
    assert.matches("^%-%-%- now\n%+%+%+ then\n@@ ", text)
    assert.matches('\n%+ +"Sid": "AllowLightsailPull%-web"', text)
  end)
end)

describe("a document that a finalizer edits", function()
  -- Values that a function pushes can start the collector at any allocation.
  it("is read as it was when the function began", function()
    local doc = policy.parse('{"Statement":[' .. ('{"Sid":"a","Effect":"Allow","Principal":{"AWS":["1","2"]},'
      .. '"Action":["a:b","c:d"],"Condition":{"ForAnyValue:Bool":{"k":"true"}}},'):rep(20):sub(1, -2) .. "]}")
    local edits = 0
    local function edit_later()
      setmetatable({}, { __gc = function()
        edits = edits + 1
        doc:set { document = true, element = "Id", value = ("x"):rep(edits % 500) }
        if edits < 2000 then edit_later() end
      end })
    end
    for _ = 1, 50 do edit_later() end
    for round = 1, 200 do
      assert.equal(20, #doc:statements())
      assert.equal("object", doc:tree().kind)
      assert.equal("a", doc:statement(20).sid)
      assert.equal("allow", (doc:can { principal = "1", action = "a:b", context = { k = { "true", round } } }))
    end
    edits = math.max(edits, 2000)
    assert.equal(20, #doc:statements())
  end)
end)

describe("the arguments of a policy document's functions", function()
  local doc
  before_each(function() doc = parse(HUMAN) end)

  local ROOT, MANY = "444455556666", {}
  for i = 1, 101 do MANY[i] = "a:b" end
  for title, case in pairs {
    ["no action"] = { "allow", { principal = ROOT, actions = {} }, "actions: at least one expected" },
    ["too many actions"] = { "allow", { principal = ROOT, actions = MANY }, "actions: at most 100 strings expected" },
    ["no principal"] = { "allow", { actions = { "a:b" } }, "field 'principal': string expected" },
    ["a match that is not a function"] = { "revoke", { match = "x" }, "match: a function expected" },
    ["principal and match"] = { "revoke", { match = print, principal = ROOT }, "principal or match expected" },
    ["neither principal nor match"] = { "revoke", {}, "principal or match expected" },
    ["an unknown effect"] = { "revoke", { principal = ROOT, effect = "Deny" }, "field 'effect': invalid value 'Deny'" },
    ["sid and index"] = { "remove", { sid = "a", index = 1 }, "one of sid, index and match expected" },
    ["neither sid nor index"] = { "remove", {}, "one of sid, index and match expected" },
    ["an index of 0"] = { "remove", { index = 0 }, "field 'index': 1 to" },
    ["a fold with a match that is not a function"] = { "fold", { match = 1 }, "match: a function expected" },
    ["index and document"] = { "set", { index = 1, document = true, element = "Id" }, "sid, index or document expected" },
    ["nothing to set"] = { "set", { element = "Id" }, "sid, index or document expected" },
    ["a set of Statement"] = { "set", { document = true, element = "Statement", value = {} },
      "element: Statement is changed by allow, append and remove" },
    ["a member within the document"] = { "set", { document = true, element = "Id", within = { "a" }, value = 1 },
      "within: only for an element of a statement" },
    ["a member with NUL"] = { "set", { index = 1, element = "Condition", within = { "a\0b" }, value = 1 },
      "within: a name must not contain NUL" },
    ["too many nested members"] = { "set", { index = 1, element = "Condition", within = MANY, value = 1 },
      "within: at most 10 strings expected" },
  } do
    it("are rejected: " .. title, function()
      local ok, err = pcall(doc[case[1]], doc, case[2])
      assert.is_false(ok)
      assert.matches(case[3], tostring(err), 1, true)
      assert.equal(HUMAN, tostring(doc))
    end)
  end

  it("name a statement that exists, of another document to append it", function()
    local other = parse(HUMAN)
    for _, index in ipairs { 0, 3, -1, math.maxinteger } do
      assert.error_matches(function() doc:statement(index) end, "no such statement")
      assert.error_matches(function() doc:covers(1, index) end, "no such statement")
      assert.error_matches(function() doc:meaning(index) end, "no such statement")
      assert.error_matches(function() doc:append(other, index) end, "no such statement")
    end
    assert.error_matches(function() doc:append(doc, 1) end, "another document expected")
    assert.equal(HUMAN, tostring(doc))
  end)

  it("cannot change the document while they select what to change", function()
    local function change()
      doc:set { document = true, element = "Id", value = "x" }
      return true
    end
    assert.error_matches(function() doc:revoke { match = change } end, "revoke: the function 'match' changed the document")
    doc = parse(HUMAN)
    assert.error_matches(function() doc:fold { match = change } end, "fold: the function 'match' changed the document")
    assert.equal(2, #doc:statements())
  end)

  it("name one statement to set", function()
    doc = parse '{"Statement":[{"Sid":"a","Effect":"Allow"},{"Sid":"a","Effect":"Deny"}]}'
    assert.error_matches(function() doc:set { sid = "a", element = "Effect", value = "Deny" } end,
      "statements 1 and 2 have the Sid 'a': name one by its index")
    local changed, reason = doc:set { sid = "b", element = "Effect", value = "Deny" }
    assert.is_false(changed)
    assert.equal("no such statement", reason)
    assert.same({ false, "no such statement" }, { doc:set { index = 3, element = "Effect", value = "Deny" } })
  end)
end)

describe("a compact policy", function()
  it("has no white space and no byte order mark, and keeps spelling and order", function()
    local text = '\239\187\191 {\r\n "Statement" : [ { "Sid":"a b \\u00e9" , "Effect" : "Allow", "Other":[ 1.50, { } , [ ] ,null],'
      .. '"Action":[ "ecr:*" ] , "Principal" : "*" } ],\t"Version":"2012-10-17" }\n'
    local doc = parse(text)
    local compact = '{"Statement":[{"Sid":"a b \\u00e9","Effect":"Allow","Other":[1.50,{},[],null],"Action":["ecr:*"],"Principal":"*"}],'
      .. '"Version":"2012-10-17"}'
    assert.equal(compact, doc:compact())
    assert.equal(#compact, doc:compact_size())
    assert.equal(text, tostring(doc))
    assert.equal(compact, parse(compact):compact())
  end)

  it("counts characters as ECR does", function()
    local doc = parse '{ "Statement" : [ ], "Id" : "\u{e9}\u{1f600}" }'
    assert.equal(#'{"Statement":[],"Id":"ab"}', doc:compact_size())
  end)
end)

describe("the meaning of a statement", function()
  it("is equal for statements that differ in their Sids and their layout only", function()
    local doc = parse('{"Statement":[{"Sid":"a","Effect":"Allow","Principal":"*","Action":["a:b","a:c"]},'
      .. '{"Sid":"b","Action":["A:C","a:b"],"Principal":{"AWS":"*"},"Effect":"Allow"},'
      .. '{"Sid":"a","Effect":"Deny","Principal":"*","Action":["a:b","a:c"]}]}')
    assert.equal(doc:meaning(1), doc:meaning(2))
    assert.not_equal(doc:meaning(1), doc:meaning(3))
    assert.not_equal(doc:meaning(1, true), doc:meaning(2, true))
  end)
end)
