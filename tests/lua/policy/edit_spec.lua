-- Edits of a policy document beyond granting: set, fold, sort, a grant with a condition.

local json = require "lanyard.json"
local policy = require "lanyard.policy"

local function parse(text)
  return assert(policy.parse(text))
end

local ROLE = "arn:aws:iam::444455556666:role/build"

describe("set", function()
  local TEXT = '{"Version": "2012-10-17",\n "Statement": [\n  {"Sid": "a",  "Effect":"Allow", "Principal": "*", "Action":"ecr:*"}\n ]}'

  it("changes the value of an element and keeps every other byte", function()
    local doc = parse(TEXT)
    assert.is_true(doc:set { sid = "a", element = "Action", value = "ecr:BatchGetImage" })
    assert.equal((TEXT:gsub("ecr:%*", "ecr:BatchGetImage")), tostring(doc))
  end)

  it("adds an element at its usual position, with the layout of its neighbours", function()
    local doc = parse(TEXT)
    assert.is_true(doc:set { index = 1, element = "Condition", value = { Bool = { ["aws:SecureTransport"] = "true" } } })
    assert.equal((TEXT:gsub('"ecr:%*"', '%0, "Condition":{"Bool":{"aws:SecureTransport":"true"}}')), tostring(doc))
    assert.is_true(doc:set { index = 1, element = "Resource", value = "*" })
    assert.is_truthy(tostring(doc):find('"Action":"ecr:*", "Resource":"*", "Condition"', 1, true))
    assert.is_true(doc:set { index = 1, element = "Condition" })
    assert.is_true(doc:set { index = 1, element = "Resource" })
    assert.equal(TEXT, tostring(doc))
  end)

  it("changes one value inside an element, and keeps everything around it", function()
    local text = '{"Statement": {"Effect":"Allow","Principal":"*","Action":"ecr:*", "Condition" : { "DateLessThan":\n'
      .. '  {"aws:CurrentTime" :"2027-01-31" , "aws:EpochTime": 1}, "Bool":{"a":true}}}}'
    local doc = parse(text)
    local date = { "DateLessThan", "aws:CurrentTime" }
    assert.is_true(doc:set { index = 1, element = "Condition", within = date, value = "2028-01-31" })
    assert.equal((text:gsub("2027", "2028")), tostring(doc))
    assert.is_false((doc:set { index = 1, element = "Condition", within = date, value = "2028-01-31" }))
    assert.is_true(doc:set { index = 1, element = "Condition", within = date })
    assert.equal((text:gsub('"aws:CurrentTime" :"2027%-01%-31" , ', "")), tostring(doc))
  end)

  it("adds nothing inside an element without that member", function()
    local doc = parse(TEXT)
    for _, within in ipairs { { "DateLessThan" }, { "DateLessThan", "aws:CurrentTime" } } do
      assert.is_false((doc:set { index = 1, element = "Condition", within = within, value = "2028-01-31" }))
      assert.is_false((doc:set { index = 1, element = "Action", within = within, value = "2028-01-31" }))
    end
    assert.equal(TEXT, tostring(doc))
  end)

  it("reports that there is nothing to do", function()
    local doc = parse(TEXT)
    assert.is_false((doc:set { sid = "a", element = "Action", value = "ecr:*" }))
    local changed, why = doc:set { sid = "b", element = "Action", value = "ecr:*" }
    assert.is_false(changed)
    assert.equal("no such statement", why)
    assert.is_false((doc:set { sid = "a", element = "Condition" }))
    assert.equal(TEXT, tostring(doc))
  end)

  it("changes Version and Id of the document, which come first", function()
    local doc = parse '{"Statement":[]}'
    assert.is_true(doc:set { document = true, element = "Version", value = "2012-10-17" })
    assert.is_true(doc:set { document = true, element = "Id", value = "x" })
    assert.equal('{"Version":"2012-10-17","Id":"x","Statement":[]}', tostring(doc))
  end)

  it("rejects a Sid that two statements have", function()
    local one = '{"Sid":"x","Effect":"Allow","Principal":"*","Action":"ecr:*"}'
    local doc = parse(('{"Statement":[%s,%s]}'):format(one, one))
    local ok, why = pcall(doc.set, doc, { sid = "x", element = "Action", value = "ecr:PutImage" })
    assert.is_false(ok)
    assert.matches("statements 1 and 2 have the Sid 'x'", why)
  end)

  it("rejects changes that would break the statement, and leaves it unchanged", function()
    local doc = parse(TEXT)
    for _, options in ipairs {
      { sid = "a", element = "Effect", value = "allow" },
      { sid = "a", element = "NotAction", value = "ecr:PutImage" },
      { sid = "a", element = "Action" },
      { document = true, element = "Statement", value = json.array {} },
      { element = "Effect", value = "Deny" },
      { sid = "a", index = 1, element = "Effect", value = "Deny" },
      { sid = "a", element = "Effect", vaule = "Deny" },
      { document = true, element = "Version", value = 5 },
      { document = true, element = "Version", within = { "a" }, value = "x" },
      { sid = "a", element = "Action", within = "a", value = "x" },
      { sid = "a", element = "Action", within = { 1 }, value = "x" },
    } do
      assert.is_false((pcall(doc.set, doc, options)))
    end
    assert.equal(TEXT, tostring(doc))
  end)
end)

describe("allow with a condition", function()
  local condition = { DateLessThan = { ["aws:CurrentTime"] = "2027-01-31T00:00:00Z" } }
  local grant = { sid = "x", principal = ROLE, actions = policy.PULL_ACTIONS, condition = condition }

  it("adds it, once", function()
    local doc = policy.new()
    assert.is_true((doc:allow(grant)))
    assert.same({ { operator = "DateLessThan", key = "aws:CurrentTime", values = { "2027-01-31T00:00:00Z" } } },
      doc:statements()[1].conditions)
    local changed, _, index = doc:allow(grant)
    assert.is_false(changed)
    assert.equal(1, index)
  end)

  it("adds a second statement if the access has another condition", function()
    local doc = policy.new()
    doc:allow(grant)
    assert.is_true((doc:allow { sid = "x", principal = ROLE, actions = policy.PULL_ACTIONS,
      condition = { Bool = { ["aws:SecureTransport"] = "true" } } }))
    assert.equal("x-2", doc:statements()[2].sid)
  end)

  it("adds nothing if the access is allowed without a condition", function()
    local doc = policy.new()
    doc:allow { principal = ROLE, actions = policy.PULL_ACTIONS }
    assert.is_false((doc:allow(grant)))
  end)

  it("rejects an invalid condition", function()
    local doc = policy.new()
    for _, bad in ipairs { "x", { Bool = "x" }, { 1 } } do
      assert.is_false((pcall(doc.allow, doc, { principal = ROLE, actions = { "ecr:PutImage" }, condition = bad })))
    end
    assert.is_true(doc:empty())
  end)
end)

describe("remove", function()
  local function three()
    return parse '{"Statement":[ {"Sid":"a"},\n{"Sid":"b"} , {"Sid":"c"}]}'
  end

  it("removes the statements that a function selects, as one after the other", function()
    for _, gone in ipairs { {}, { 1 }, { 1, 2 }, { 1, 3 }, { 2, 3 }, { 1, 2, 3 } } do
      local together, one_by_one, selected = three(), three(), {}
      for i = #gone, 1, -1 do
        one_by_one:remove { index = gone[i] }
        selected[gone[i]] = true
      end
      local changed, count = together:remove { match = function(statement) return selected[statement.index] end }
      assert.same({ #gone > 0, #gone }, { changed, count })
      assert.equal(tostring(one_by_one), tostring(together))
    end
  end)

  it("rejects a function that changes the document", function()
    local doc = three()
    local ok, err = pcall(doc.remove, doc, { match = function() return doc:remove { index = 1 } end })
    assert.is_false(ok)
    assert.matches("the function 'match' changed the document", err, 1, true)
  end)
end)

describe("set_all", function()
  local TEXT = '{"Statement":[{"Effect":"Allow","Principal":"*","Action":["a","b"],"Condition":{"Null":{"k":"true","l":"true"}}},'
    .. '{"Effect":"Deny","Principal":"*","Action":"c"}]}'

  it("makes several settings as set does", function()
    local together, one_by_one = parse(TEXT), parse(TEXT)
    local settings = {
      { index = 2, element = "Sid", json = '"two"' }, { index = 1, element = "Action", json = '["b"]' },
      { index = 1, element = "Condition", within = { "Null", "k" } }, { index = 2, element = "Resource" },
      { index = 2, element = "Principal", json = '{"AWS":"*"}' },
    }
    assert.is_true(together:set_all(settings))
    for _, one in ipairs(settings) do
      one_by_one:set { index = one.index, element = one.element, within = one.within, value = one.json and json.decode(one.json) }
    end
    assert.equal(tostring(one_by_one), tostring(together))
    assert.is_false(together:set_all {})
  end)

  it("changes nothing where it fails", function()
    for message, settings in pairs {
      ["two settings overlap"] = {
        { index = 1, element = "Condition" }, { index = 1, element = "Condition", within = { "Null", "k" }, json = '"x"' },
      },
      ["no such statement"] = { { index = 1, element = "Sid", json = '"a"' }, { index = 3, element = "Sid", json = '"a"' } },
      ["neither Allow nor Deny"] = { { index = 1, element = "Sid", json = '"a"' }, { index = 2, element = "Effect", json = '"x"' } },
      ["element: Statement is changed by allow"] = { { index = 1, element = "Statement", json = '"a"' } },
      ["index expected"] = { { element = "Sid", json = '"a"' } },
      ["a list of tables expected"] = { "Sid" },
    } do
      local doc = parse(TEXT)
      assert.error_matches(function() doc:set_all(settings) end, message)
      assert.equal(TEXT, tostring(doc))
    end
  end)
end)

describe("fold", function()
  local function grants(...)
    local doc = policy.new()
    for i, principal in ipairs { ... } do
      doc:allow { sid = "pull-" .. i, principal = principal, actions = policy.PULL_ACTIONS }
    end
    return doc
  end

  it("joins statements that differ only in their principals, at the position of the first", function()
    local doc = grants("111122223333", "222233334444", "111122223333", "333344445555")
    doc:append(parse '{"Statement":[{"Effect":"Deny","Principal":"*","Action":"ecr:PutImage"}]}', 1)
    local changed, gone = doc:fold { sid = "pull" }
    assert.is_true(changed)
    assert.equal(2, gone)
    local statements = doc:statements()
    assert.equal(2, #statements)
    assert.equal("pull", statements[1].sid)
    assert.same({ "111122223333", "222233334444", "333344445555" },
      { statements[1].principals[1].value, statements[1].principals[2].value, statements[1].principals[3].value })
  end)

  it("gives each joined statement the first free Sid, after the ones before it", function()
    local list = {}
    for i, sid in ipairs { "x-2", "x", "x-3", "y", "x-5", "x-02", "x-1" } do
      for k = 1, i < 7 and 2 or 1 do
        list[#list + 1] = ('{"Sid":"%s%s","Effect":"Allow","Principal":{"AWS":"%012d"},"Action":"ecr:A%d"}')
          :format(sid, k == 2 and "b" or "", k, i)
      end
    end
    local doc = parse('{"Statement":[' .. table.concat(list, ",") .. "]}")
    local _, gone = doc:fold { sid = "x" }
    assert.equal(6, gone)
    local sids = {}
    for i, statement in ipairs(doc:statements()) do
      sids[i] = statement.sid
    end
    assert.same({ "x-4", "x", "x-2", "x-3", "x-6", "x-5", "x-1" }, sids)
  end)

  it("joins many groups of statements, with the principals of each in order and once", function()
    local list = {}
    for i = 1, 600 do
      list[i] = ('{"Effect":"Allow","Principal":{"AWS":["%012d","%012d"],"Service":"s%d"},"Action":"ecr:A%d"}')
        :format(1000 - i, i % 4, i % 2, i % 200)
    end
    local doc = parse('{"Statement":[' .. table.concat(list, ",") .. "]}")
    local _, gone = doc:fold()
    assert.equal(400, gone)
    local values = {}
    for i, principal in ipairs(doc:statements()[7].principals) do
      values[i] = principal.value
    end
    assert.same({ "000000000993", "000000000003", "000000000793", "000000000593", "s1" }, values)
  end)

  it("joins only the statements that the function selects", function()
    local doc = grants("111122223333", "222233334444", "333344445555")
    doc:fold { match = function(statement) return statement.sid ~= "pull-2" end }
    assert.equal(2, #doc:statements())
    assert.equal("pull-2", doc:statements()[2].sid)
  end)

  it("does not join statements with other actions, conditions or effects, or for everyone", function()
    local text = [[{"Statement":[
      {"Effect":"Allow","Principal":{"AWS":"111122223333"},"Action":"ecr:PutImage"},
      {"Effect":"Allow","Principal":{"AWS":"222233334444"},"Action":"ecr:ListImages"},
      {"Effect":"Deny","Principal":{"AWS":"222233334444"},"Action":"ecr:PutImage"},
      {"Effect":"Allow","Principal":{"AWS":"222233334444"},"Action":"ecr:PutImage","Resource":"*"},
      {"Effect":"Allow","Principal":{"AWS":"222233334444"},"Action":"ecr:PutImage","Condition":{"Null":{"a":"true"}}},
      {"Effect":"Allow","Principal":"*","Action":"ecr:PutImage"},
      {"Effect":"Allow","NotPrincipal":{"AWS":"222233334444"},"Action":"ecr:PutImage"}]}]]
    local doc = parse(text)
    assert.is_false((doc:fold()))
    assert.equal(text, tostring(doc))
  end)

  it("keeps principals of other types, by type", function()
    local doc = parse [[{"Statement":[
      {"Effect":"Allow","Principal":{"AWS":"111122223333"},"Action":"ecr:PutImage"},
      {"Effect":"Allow","Principal":{"Service":"ecs.amazonaws.com","AWS":["222233334444"]},"Action":["ECR:PutImage"]}]}]]
    assert.is_true((doc:fold()))
    assert.same({ { type = "AWS", value = "111122223333" }, { type = "AWS", value = "222233334444" },
      { type = "Service", value = "ecs.amazonaws.com" } }, doc:statements()[1].principals)
  end)
end)

describe("sort", function()
  it("orders statements by Sid and lists by text, and keeps the layout between them", function()
    local doc = parse [[{"Statement": [ {"Sid":"b","Effect":"Allow","Principal":{"AWS":["2","1" ,"3"]},"Action":["y",  "x"]} ,
  {"Effect":"Allow","Principal":"*","Action":"z"},{"Sid":"a","Effect":"Deny","Principal":"*","Action":"z"}]}]]
    assert.is_true(doc:sort())
    assert.equal([[{"Statement": [ {"Sid":"a","Effect":"Deny","Principal":"*","Action":"z"} ,
  {"Sid":"b","Effect":"Allow","Principal":{"AWS":["1","2" ,"3"]},"Action":["x",  "y"]},{"Effect":"Allow","Principal":"*","Action":"z"}]}]],
      tostring(doc))
    assert.is_false(doc:sort())
  end)

  it("keeps the lists of a statement with an unknown meaning", function()
    local text = '{"Statement":[{"Efect":"Allow","Principal":"*","Action":["y","x"]}]}'
    local doc = parse(text)
    assert.is_false(doc:sort())
    assert.equal(text, tostring(doc))
  end)
end)
