-- The questions about every possible request: wrong arguments, and documents that AWS refuses.

local policy = require "lanyard.policy"

local function parse(statement)
  return assert(policy.parse('{"Version":"2012-10-17","Statement":[' .. statement .. "]}"))
end

local ANYONE = parse '{"Effect":"Allow","Principal":"*","Action":"ecr:*"}'
local ACCOUNT = parse '{"Effect":"Allow","Principal":{"AWS":"111122223333"},"Action":"ecr:*"}'
local REFUSED = {
  parse '{"Effect":"allow","Principal":"*","Action":"ecr:*"}',
  parse '{"Effect":"Allow","Principal":"*","Action":[]}',
  parse '{"Effect":"Allow","Principal":{"Service":"*"},"Action":"ecr:*"}',
  parse '{"Effect":"Allow","Principal":"*","Action":"ecr:*","Condition":{"StringEquals":{"aws:x":[]}}}',
  parse '{"Effect":"Deny","Principal":"*","Action":"ecr:*","Remark":"x"}',
}

describe("a question about a document that AWS refuses", function()
  it("is never answered with a proof", function()
    for i, doc in ipairs(REFUSED) do
      for name, answer in pairs {
        new_access = { policy.new_access(ACCOUNT, doc) }, before = { policy.new_access(doc, policy.new()) },
        equal_access = { policy.equal_access(policy.new(), doc) },
        grants = { policy.grants(doc, { actions = { "ecr:PutImage" } }) },
        outside = { policy.outside(doc, { accounts = { "111122223333" } }) }, public = { policy.public(doc) },
      } do
        assert.same({ nil, "undecided" }, { answer[1], answer[2] }, name .. i)
        assert.matches("^statement 1: .+; AWS refuses the policy: ", answer[3], name .. i)
      end
    end
  end)

  it("keeps a request that was found", function()
    local doc = parse '{"Effect":"Allow","Principal":"*","Action":"ecr:*"},{"Effect":"allow","Principal":"*","Action":"ecr:*"}'
    assert.equal("table", type(policy.public(doc)))
    assert.is_false((policy.equal_access(doc, ACCOUNT)))
  end)

  it("has no classes, and minimizes to itself", function()
    for _, doc in ipairs(REFUSED) do
      local classes, err = policy.reachable(doc)
      assert.is_nil(classes)
      assert.equal("RefusedPolicy", err.code)
      local smaller, removed, reason = policy.minimize(doc)
      assert.same({ tostring(doc), {} }, { tostring(smaller), removed })
      assert.matches("AWS refuses the policy", reason)
    end
  end)

  it("knows that it equals itself, and that no statements allow nothing", function()
    for _, doc in ipairs(REFUSED) do
      assert.is_true((policy.equal_access(doc, doc:copy())))
      assert.is_nil((select(2, policy.new_access(doc, doc:copy()))))
    end
    assert.is_nil((select(2, policy.new_access(policy.new(), policy.new()))))
  end)
end)

-- Calls by the error that they raise, after the name of the function.
local WRONG = {
  { "new_access: before: a document of lanyard.policy expected, got nil", "new_access" },
  { "new_access: after: a document of lanyard.policy expected, got '{}'; policy.parse reads a text", "new_access", ANYONE, "{}" },
  { "equal_access: b: a document of lanyard.policy expected, got a table", "equal_access", ANYONE, {} },
  { "public: doc: a document of lanyard.policy expected, got a userdata", "public", io.stdout },
  { "public: options: a table expected, got 5", "public", ANYONE, 5 },
  { "public: options: unknown option 'knd'; did you mean 'kind'? (known: accounts, always, kind, limit)", "public", ANYONE,
    { knd = "identity" } },
  { "public: options.kind: 'resource' or 'identity' expected, got 'idenity'", "public", ANYONE, { kind = "idenity" } },
  { "public: options.kind: 'resource' expected, got 'identity': an identity policy is never public", "public", ANYONE,
    { kind = "identity" } },
  { "minimize: options.limit: a whole number from 1 to 1000000000 expected, got 0", "minimize", ANYONE, { limit = 0 } },
  { "minimize: options.limit: a whole number from 1 to 1000000000 expected, got 1.5", "minimize", ANYONE, { limit = 1.5 } },
  { "reachable: options.limit: a whole number from 1 to 1000000000 expected, got 'x'", "reachable", ANYONE, { limit = "x" } },
  { "reachable: options.action: an action, SERVICE:ACTION, expected, got 'PutImage'", "reachable", ANYONE,
    { action = "PutImage" } },
  { "reachable: options: unknown option 'kind' (known: accounts, action, always, before, brief, limit)", "reachable", ANYONE,
    { kind = "identity" } },
  { "reachable: options.before: a document of lanyard.policy expected, got true", "reachable", ANYONE, { before = true } },
  { "new_access: options.accounts: a table of account ids and their organizations expected, got 'o-x'", "new_access", ANYONE,
    ANYONE, { accounts = "o-x" } },
  { "new_access: options.accounts: a key that is an account id, a string of 12 digits, expected, got '11112222333'",
    "new_access", ANYONE, ANYONE, { accounts = { ["11112222333"] = "o-x" } } },
  { "new_access: options.accounts: a key that is an account id, a string of 12 digits, expected, got 1", "new_access", ANYONE,
    ANYONE, { accounts = { "111122223333" } } },
  { "new_access: options.accounts['111122223333']: the id of an organization, such as o-a1b2c3d4e5, or false for an "
    .. "account in none, expected, got 'O-A1B2C3D4E5'", "new_access", ANYONE, ANYONE,
    { accounts = { ["111122223333"] = "O-A1B2C3D4E5" } } },
  { "new_access: options.always: a list expected, got 'aws:x'", "new_access", ANYONE, ANYONE, { always = "aws:x" } },
  { "new_access: options.always[1]: 'x' is not the name of a condition key, such as aws:PrincipalOrgID", "new_access", ANYONE,
    ANYONE, { always = { "x" } } },
  { "new_access: options.always: a list expected, got a table with the key 'aws:x'", "new_access", ANYONE, ANYONE,
    { always = { ["aws:x"] = true } } },
  { "grants: asked: a table expected, got nil", "grants", ANYONE },
  { "grants: asked has no field 'action'; did you mean 'actions'? (known: actions, principals, resources)", "grants", ANYONE,
    { action = { "ecr:PutImage" } } },
  { "grants: asked.actions: a list expected, got 'ecr:PutImage'", "grants", ANYONE, { actions = "ecr:PutImage" } },
  { "grants: asked.actions[2]: a text that is not empty expected, got 5", "grants", ANYONE, { actions = { "ecr:*", 5 } } },
  { "grants: asked.actions[1]: 'PutImage' is not an action: write SERVICE:ACTION", "grants", ANYONE,
    { actions = { "PutImage" } } },
  { "grants: asked.resources[1]: 'web' is not an ARN or a pattern", "grants", ANYONE, { resources = { "web" } } },
  { "grants: asked.principals[1]: 'arn:aws:iam::1:role/ci' is not an account id, a service, or the ARN of a user or role",
    "grants", ANYONE, { principals = { "arn:aws:iam::1:role/ci" } } },
  { "outside: inside: a table expected, got nil", "outside", ANYONE },
  { "outside: inside has no field 'account'; did you mean 'accounts'? (known: accounts, organizations)", "outside", ANYONE,
    { account = "111122223333" } },
  { "outside: inside.accounts: a list expected, got '111122223333'", "outside", ANYONE, { accounts = "111122223333" } },
  { "outside: inside.accounts[1]: '11112222333' is not an account id of 12 digits", "outside", ANYONE,
    { accounts = { "11112222333" } } },
  { "outside: inside.organizations[1]: 'O-A1B2C3D4E5' is not the id of an organization, such as o-a1b2c3d4e5", "outside",
    ANYONE, { organizations = { "O-A1B2C3D4E5" } } },
}

local ROLE = "arn:aws:iam::111122223333:role/r"

local function request(changes)
  local one = { principal = ROLE, action = "ecr:GetX" }
  for name, value in pairs(changes) do
    one[name] = value
  end
  return one
end

-- Calls of the other functions and of methods, which begin with a colon.
local OTHERS = {
  { "possible: context: a table expected, got 5", "possible", { principal = ROLE, context = 5 } },
  { "possible: context: keys must be strings, got 1", "possible", { principal = ROLE, context = { "x" } } },
  { "possible: context: aws:username: a string, number, boolean or a list of them expected, got a table", "possible",
    { principal = ROLE, context = { ["aws:username"] = { "a", {} } } } },
  { "possible: context: aws:username: a string, number, boolean or a list of them expected, got a function", "possible",
    { principal = ROLE, context = { ["aws:username"] = print } } },
  { "possible: principal: a string expected, got table", "possible", { principal = {} } },
  { "possible requires 'principal', a string", "possible", {} },
  { "can: a table expected, got nil", ":can" },
  { "can: a table expected, got string", ":can", "x" },
  { "can has no field 'resorce'", ":can", request { resorce = "x" } },
  { "can requires 'action', a string", ":can", { principal = ROLE } },
  { "can: action: a string expected, got boolean", ":can", request { action = true } },
  { "can: partial: a boolean expected, got string", ":can", request { partial = "yes" } },
  { "can: context: a table expected, got string", ":can", request { context = "x" } },
  { "decision: resource: a string expected, got table", ":decision", request { resource = {} } },
  { "decide: a table expected, got nil", "decide" },
  { "decide requires 'principal', a string", "decide", { action = "ecr:GetX" } },
  { "decide: scps: a table expected, got string", "decide", request { scps = "x" } },
  { "decide: scps[1]: a list expected, got 5", "decide", request { scps = { 5 } } },
  { "decide: scps[1][1]: a text, a document of lanyard.policy or { policy =, name = } expected, got 5", "decide",
    request { scps = { { 5 } } } },
  { "decide: resource_policy: a text, a document of lanyard.policy or { policy =, name = } expected, got true", "decide",
    request { resource_policy = true } },
  { "decide: identity_policies[2]: a text, a document of lanyard.policy or { policy =, name = } expected, got a userdata",
    "decide", request { identity_policies = { ANYONE, io.stdout } } },
  { "decide: identity_policies[1].name: a string expected, got 5", "decide",
    request { identity_policies = { { policy = ANYONE, name = 5 } } } },
  { "decide: context: keys must be strings, got a table", "decide", request { context = { [{}] = 1 } } },
  { "merge: b: a document of lanyard.policy expected, got '{}'; policy.parse reads a text", "merge", ANYONE, "{}" },
  { "compare: other: a document of lanyard.policy expected, got nil", ":compare" },
  { "diff: other: a document of lanyard.policy expected, got a table", ":diff", {} },
  { "diff: options: a table expected, got 5", ":diff", ANYONE, 5 },
  { "lint: options: a table expected, got true", ":lint", true },
  { "allow: argument 2 (table expected, got nil)", ":allow" },
  { "allow: field 'principal': string expected, got nil", ":allow", {} },
  { "allow: a function cannot be encoded as JSON", ":allow", { principal = ROLE, actions = { "a:b" }, condition = { print } } },
  { "set: options: a table expected, got 'x'", ":set", "x" },
  { "set: no such field: 'sdi'", ":set", { sdi = "x", element = "Effect" } },
}

describe("a wrong argument", function()
  for _, case in ipairs(OTHERS) do
    it("raises " .. case[1], function()
      local method = case[2]:match "^:(.*)"
      local ok, err = pcall(function()
        if method then
          return (ANYONE[method](ANYONE, case[3], case[4])) -- not a tail call, whose position is unknown
        end
        return (policy[case[2]](case[3], case[4]))
      end)
      assert.is_false(ok)
      local position, message = err:match "^(.-:%d+: )(.*)$"
      assert.equal(case[1], message)
      assert.matches("questions_spec%.lua:%d+: $", position)
    end)
  end

  for _, case in ipairs(WRONG) do
    it("raises " .. case[1], function()
      local ok, err = pcall(policy[case[2]], table.unpack(case, 3, 5))
      assert.is_false(ok)
      assert.equal(case[1], (err:gsub("^[^ ]+:%d+: ", "")))
    end)
  end

  it("is blamed on the caller", function()
    local _, err = pcall(function() local _ = policy.public(nil) end)
    assert.matches("questions_spec%.lua:%d+: public: doc", err)
  end)

  it("is more accounts than a question can have", function()
    local accounts = {}
    for i = 1, 100001 do
      accounts[("%012d"):format(i)] = false
    end
    local _, err = pcall(policy.public, ANYONE, { accounts = accounts })
    assert.matches("public: options%.accounts: at most 100000 accounts expected, got 100001$", err)
  end)
end)
