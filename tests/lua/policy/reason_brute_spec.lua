-- New access compared with an enumeration of all requests of small universes (tests/support/reason).

local oracle = require "reason.oracle" -- before lanyard.policy
local documents = require "reason.documents"
local json = require "lanyard.json"
local policy = require "lanyard.policy"
local profiles = require "reason.profiles"
local torture = require "torture"
local trial = require "reason.trial"
local universe = require "reason.universe"

describe("the oracle", function()
  local made = {}
  local function profile(name)
    made[name] = made[name] or profiles.makers[name]()
    return made[name]
  end

  it("decides as an enumeration of every combination does", function()
    for _, name in ipairs { "single", "accounts", "exceptions" } do
      local one, random = profile(name), torture.random()
      local generator = documents.generator(one, random)
      for _ = 1, 6 do
        local before, after = generator:pair()
        local first, second = policy.parse(json.encode(before)), policy.parse(json.encode(after))
        local differs = false
        one.universe:each_request(function(request)
          differs = differs or one.universe:can(second, request) == "allow"
            and one.universe:can(first, request):find "deny" ~= nil
        end)
        assert.equal(differs, one.universe:differs(before, after) == "certain", json.encode { before, after })
      end
    end
  end)

  it("has only requests that can exist", function()
    for _, name in ipairs(profiles.names) do
      local random, one = torture.random(), profile(name)
      for _ = 1, 100 do
        local request = one.universe:random_request(random)
        assert(policy.possible { principal = request.principal, resource = request.resource, context = request.context })
      end
    end
  end)

  it("has texts for every answer of the patterns", function()
    local like = { "a*", "*b", "a?b", "*a*b*" }
    local kept, length = universe.words({ "a", "b", "c" }, { like = like }, 1)
    local answers = {}
    local function answer(text)
      local found = {}
      for i, pattern in ipairs(like) do found[i] = universe.matches(pattern, text) and "1" or "0" end
      return table.concat(found)
    end
    for _, text in ipairs(kept) do answers[answer(text)] = true end
    for _, text in ipairs { "ccccccccccabc", "abcabcabcab", "babababababab", "bbbbbbbbbbbbbbbbaaaaaaaaaaaaa", "a" } do
      assert.is_true(answers[answer(text)], text)
    end
    assert.is_true(length >= 4)
  end)

  local function row(name, before, after, expected)
    it(name, function()
      local function doc(statements)
        return { Version = "2012-10-17", Statement = statements }
      end
      local found, request = profile "callers".universe:differs(doc(before), doc(after))
      assert.equal(expected, found, request and json.encode(request))
    end)
  end
  local A = universe.A
  local role, session = "arn:aws:iam::" .. A .. ":role/a", "arn:aws:sts::" .. A .. ":assumed-role/a/a"
  local function allow(principal, condition)
    return { Effect = "Allow", Principal = principal, Action = "*", Condition = condition }
  end
  row("finds nothing new in a role of an account", { allow { AWS = A } }, { allow { AWS = role } }, nil)
  row("finds the other principals of an account", { allow { AWS = role } }, { allow { AWS = A } }, "certain")
  row("finds the other sessions of a role", { allow { AWS = session } }, { allow { AWS = role } }, "certain")
  row("finds nothing new in a session of a role", { allow { AWS = role } }, { allow { AWS = session } }, nil)
  row("knows that a role has no user name", { allow "*" },
    { allow({ AWS = role }, { StringEquals = { ["aws:username"] = "a" } }) }, nil)
  row("knows the ARN of a session's role", {},
    { allow({ AWS = session }, { StringEquals = { ["aws:PrincipalArn"] = "arn:aws:iam::" .. A .. ":role/b" } }) }, nil)
  row("knows that a session's role may have a path", {},
    { allow({ AWS = session }, { StringEquals = { ["aws:PrincipalArn"] = "arn:aws:iam::" .. A .. ":role/c/a" } }) }, "certain")
  row("finds what a removed Deny denied", { allow "*", { Effect = "Deny", Principal = { AWS = A }, Action = "*" } },
    { allow "*" }, "certain")
  row("finds nothing new without a Deny of nothing allowed",
    { allow { AWS = A }, { Effect = "Deny", Principal = { AWS = universe.B }, Action = "*" } }, { allow { AWS = A } }, nil)
  row("leaves open whom NotPrincipal with an account excludes", {},
    { { Effect = "Allow", NotPrincipal = { AWS = A }, Action = "*", Condition = { StringEquals = { ["aws:PrincipalAccount"] = A } } } },
    "possible")
  row("shares equal open elements",
    { { Effect = "Allow", NotPrincipal = { AWS = A }, Action = "*" } },
    { { Effect = "Allow", NotPrincipal = { AWS = "arn:aws:iam::" .. A .. ":root" }, Action = "*" } }, nil)
end)

describe("new access", function()
  if not policy.new_access then
    pending("is not in this build")
    return
  end
  for _, name in ipairs(profiles.names) do
    it("equals the enumeration: " .. name, function()
      local run = trial.run(profiles.makers[name](), documents, torture.random(), { seconds = 0.35 })
      assert.equal("", table.concat(run.faults, "\n", 1, math.min(#run.faults, 3)))
    end)
  end
end)

assert(oracle)
