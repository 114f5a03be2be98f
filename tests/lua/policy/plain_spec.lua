-- Plain policies: what lanyard.policy.plain knows about them is what the linter and the engine find.

local acceptance = require "lanyard.policy.acceptance"
local effect = require "lanyard.policy.effect"
local json = require "lanyard.json"
local plain = require "lanyard.policy.plain"
local policy = require "lanyard.policy"

local PULL = { "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer" }
local X, Y = "111122223333", "444455556666"
local ROLE = "arn:aws:iam::" .. X .. ":role/ci"
local PULLER = "arn:aws:iam::" .. X .. ":role/amazon/lightsail/us-east-1/containers/web/private-repo-access/0a1b"
local TURNS <const> = 400

local function document(statements, version)
  return assert(policy.parse(json.encode { Version = version or "2008-10-17", Statement = json.array(statements) }))
end

local function statement(elements)
  local one = { Sid = "One", Effect = "Allow", Principal = { AWS = ROLE }, Action = PULL }
  for name, value in pairs(elements or {}) do
    one[name] = value or nil
  end
  return one
end

local function texts_of_engine(before, after)
  return { effect.texts(effect.of(before, after)) }
end

-- ---------------------------------------------------------------------------------------------
-- Parts of random policies: plain ones, and some that are not.

local PRINCIPALS = {
  { AWS = ROLE }, { AWS = { ROLE } }, { AWS = PULLER }, { AWS = ROLE .. "2" }, { AWS = { ROLE, PULLER } }, { AWS = X },
  { AWS = "arn:aws:iam::" .. X .. ":role/build/ci" }, { AWS = Y }, { AWS = "arn:aws:iam::" .. X .. ":root" },
  { AWS = "arn:aws:iam::" .. Y .. ":root" },
  { AWS = "arn:aws:iam::" .. X .. ":user/ci" }, { Service = "lambda.amazonaws.com" },
  { Service = "lightsail.amazonaws.com" }, { AWS = Y, Service = { "ecs.amazonaws.com", "lambda.amazonaws.com" } }, "*",
  { AWS = "*" }, { AWS = "AROAEXAMPLE1234567890" }, { AWS = "arn:aws:sts::" .. X .. ":assumed-role/ci/build" },
  { AWS = "arn:aws:iam::" .. X .. ":role/*" }, { AWS = "arn:aws:iam::" .. X .. ":role/${aws:username}" },
  { Service = "*.amazonaws.com" }, { AWS = json.array {} }, { AWS = "arn:aws:iam::" .. X .. ":role/ci/" }, {},
  { AWS = 1 }, { CanonicalUser = "a" }, { Federated = "accounts.google.com" }, { AWS = "arn:aws:iam:::role/ci" },
}
local ACTIONS = {
  PULL, PULL, { PULL[2], PULL[1] }, PULL[1], { "ECR:batchgetimage", PULL[2] }, "ecr:*", "ecr:BatchGet*", "*", { "ecr:PutImage" },
  { PULL[1], "ecr:*" }, { PULL[1], PULL[2], "ecr:ListImages" }, "ecr:DeleteRepository", "ecr:GetAuthorizationToken",
  "s3:GetObject", "ecr:", json.array {}, { PULL[1], PULL[1] }, "ecr:BatchGetImage\n", { 1 },
}
local CONDITIONS = {
  { StringEquals = { ["aws:PrincipalOrgID"] = "o-a1b2c3d4e5" } }, { StringLike = { ["aws:sourceArn"] = { "arn:*", "a" } } },
  { DateLessThan = { ["aws:CurrentTime"] = "2027-01-01T00:00:00Z" } }, { StringEqual = { a = "b" } }, {},
  { StringEquals = {} }, { StringEquals = { a = json.array {} } }, { StringEquals = "a" }, { StringEquals = { a = json.null } },
  { ArnLike = { ["aws:PrincipalArn"] = "${aws:x}" } }, { DateLessThan = { ["aws:CurrentTime"] = "tomorrow" } },
  { NumericLessThan = { a = "1" } }, { ["ForAnyValue:StringEquals"] = { a = { "b" } } },
  { StringEquals = { ["aws:PrincipalTag/a"] = "b", ["aws:principaltag/A"] = "c" } },
}
local EXTRAS = {
  { Resource = "*" }, { NotAction = PULL }, { NotPrincipal = { AWS = X } }, { Unknown = "x" }, { Effect = "allow" },
  { Effect = false }, { Action = false }, { Principal = false }, { Sid = 1 }, { Sid = "" }, { Sid = false },
}

local function choose(list)
  return list[math.random(#list)]
end

-- Returns a statement; the rarer the form, the later its parts are in their lists.
local function random_statement(plainness)
  local function part(list)
    return math.random() < plainness and list[math.random(math.ceil(#list / 2))] or choose(list)
  end
  local one = statement {
    Sid = choose { "One", "Two" }, Effect = choose { "Allow", "Allow", "Deny" }, Principal = part(PRINCIPALS),
    Action = part(ACTIONS), Condition = math.random() < 0.3 and part(CONDITIONS) or nil,
  }
  for name, value in pairs(math.random() > plainness and choose(EXTRAS) or {}) do
    one[name] = value or nil
  end
  return one
end

local function random_statements(plainness)
  local list = {}
  for i = 1, math.random(0, 3) do
    list[i] = random_statement(plainness)
  end
  return list
end

local function random_version()
  return choose { "2008-10-17", "2012-10-17" }
end

describe("plain policies", function()
  local seed = os.time()
  math.randomseed(seed)

  it("that are accepted have nothing that the linter knows to be refused", function()
    local accepted = 0
    for _ = 1, TURNS do
      local doc = document(random_statements(choose { 0.8, 0.98 }), choose { "2008-10-17", "2012-10-17", "2012-10-18" })
      if plain.is_accepted(doc) then
        accepted = accepted + 1
        assert.is_nil(acceptance.refusal(doc), ("seed %d: %s"):format(seed, doc))
      end
    end
    assert.is_true(accepted > TURNS / 20, ("seed %d: only %d were accepted"):format(seed, accepted))
  end)

  it("have the effects that the engine finds", function()
    local known = 0
    for _ = 1, TURNS do
      local list, version = random_statements(choose { 0.8, 0.98 }), random_version()
      local before = document(list, version)
      table.insert(list, math.random(#list + 1), math.random() < 0.7 and statement { Principal = choose {
        { AWS = ROLE }, { AWS = PULLER }, { AWS = { PULLER } } } } or random_statement(0.98))
      local after = document(list, math.random() < 0.9 and version or random_version())
      if math.random() < 0.5 then
        before, after = after, before
      end
      local gives, takes = plain.effect_texts(before, after)
      if gives then
        known = known + 1
        assert.same(texts_of_engine(before, after), { gives, takes }, ("seed %d: %s -> %s"):format(seed, before, after))
      end
    end
    assert.is_true(known > TURNS / 20, ("seed %d: only %d effects were known"):format(seed, known))
  end)

  it("can be empty before or after a change", function()
    local one = document { statement() }
    assert.same({ "pull to " .. ROLE, "nothing" }, { plain.effect_texts(policy.new(), one) })
    assert.same({ "nothing", "pull from " .. ROLE }, { plain.effect_texts(one, policy.new()) })
    assert.is_false(plain.is_accepted(policy.new()))
  end)

  it("can have statements for other principals, and for other actions", function()
    local others = {
      statement { Principal = { AWS = { Y, "arn:aws:iam::" .. X .. ":role/other" } } },
      statement { Effect = "Deny", Action = "ecr:DeleteRepository", Principal = { AWS = X } },
      statement { Principal = { Service = "lambda.amazonaws.com" }, Condition = CONDITIONS[2] },
    }
    local before = document(others)
    local after = document(table.move(others, 1, 3, 2, { statement { Sid = "New" } }))
    assert.same({ "pull to " .. ROLE, "nothing" }, { plain.effect_texts(before, after) })
  end)

  for name, other in pairs {
    ["allows the account of the role"] = statement { Principal = { AWS = X } },
    ["allows the role, with a condition"] = statement { Condition = CONDITIONS[1] },
    ["denies the role a pull"] = statement { Effect = "Deny", Action = "ecr:*" },
    ["allows everyone"] = statement { Principal = "*" },
    ["names a role of the same name in another path"] = statement { Action = "ecr:ListImages",
      Principal = { AWS = "arn:aws:iam::" .. X .. ":role/build/ci" } },
    ["names a unique id"] = statement { Principal = { AWS = "AROAEXAMPLE1234567890" } },
    ["has an element that is not known"] = statement { Principal = { AWS = Y }, Unknown = "x" },
  } do
    it("do not answer if another statement " .. name, function()
      assert.is_nil(plain.effect_texts(document { other }, document { other, statement { Sid = "New" } }))
      assert.is_nil(plain.effect_texts(document { other, statement { Sid = "New" } }, document { other }))
    end)
  end

  it("do not answer about a role whose path has an empty part", function()
    local one = document { statement { Principal = { AWS = "arn:aws:iam::" .. X .. ":role/a//ci" } } }
    assert.is_nil(plain.effect_texts(policy.new(), one))
  end)

  it("have a Version that is absent or a known text", function()
    local function versioned(version)
      return policy.parse(json.encode { Version = version, Statement = statement() })
    end
    assert.is_true(plain.is_accepted(versioned(nil)))
    assert.is_false(plain.is_accepted(versioned(false)))
    assert.is_false(plain.is_accepted(versioned "2012-10-18"))
  end)

  it("do not answer if the rest differs", function()
    local other, third = statement { Principal = { AWS = Y } }, statement { Principal = { AWS = "222233334444" } }
    assert.is_nil(plain.effect_texts(document { other, other }, document { other, third, statement() }))
    assert.is_nil(plain.effect_texts(document { other, third }, document { other, other, statement() }))
    assert.is_nil(plain.effect_texts(document { other }, document({ other, statement() }, "2012-10-17")))
    assert.is_nil(plain.effect_texts(document { other }, document { other }))
  end)
end)
