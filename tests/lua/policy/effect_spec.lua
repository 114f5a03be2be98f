-- What a change gives and takes, as text.

local effect = require "lanyard.policy.effect"
local json = require "lanyard.json"
local policy = require "lanyard.policy"

local PULL = { "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer" }
local X, Y = "111122223333", "444455556666"
local CI = "arn:aws:iam::" .. X .. ":role/ci"

local function statement(elements)
  local one = { Effect = "Allow", Principal = "*", Action = PULL }
  for name, value in pairs(elements or {}) do
    one[name] = value or nil
  end
  return one
end

local function allow(principal, condition, elements)
  local one = statement(elements)
  one.Principal = principal and (principal == "*" and "*" or { AWS = principal }) or nil
  one.Condition = condition
  return one
end

local function deny(principal, condition, elements)
  local one = allow(principal, condition, elements)
  one.Effect = "Deny"
  return one
end

local function test(operator, key, value)
  return { [operator] = { [key] = value } }
end

local function organization(...)
  return test("StringEquals", "aws:PrincipalOrgID", { ... })
end

local ORG = "o-a1b2c3d4e5"
local OUTSIDE = test("StringNotEquals", "aws:PrincipalOrgID", ORG)
local PATH = test("ForAnyValue:StringLike", "aws:PrincipalOrgPaths", ORG .. "/r-ab12/ou-ab12-11111111/*")
local OFFICE = test("IpAddress", "aws:SourceIp", "192.0.2.0/24")
local LAMBDA = { Principal = { Service = "lambda.amazonaws.com" } }
local NO_ROOT = { Principal = false, NotPrincipal = { AWS = { X, "arn:aws:iam::" .. X .. ":root" } }, Effect = "Deny" }

-- A name, the statements before and after, what the change takes, and what the reverse change gives (by default the
-- same: a class that had the access before is included).
local CASES = {
  { "everyone to nobody", { allow "*" }, {}, "pull from everyone" },
  { "everyone to an organization", { allow "*" }, { allow("*", organization(ORG)) },
    "pull from everyone except organization " .. ORG, "pull to everyone" },
  { "everyone to an account", { allow "*" }, { allow(X) }, "pull from everyone except account " .. X, "pull to everyone" },
  { "everyone to two roles", { allow "*" }, { allow { CI, CI .. "2" } },
    ("pull from everyone except %s, %s2"):format(CI, CI), "pull to everyone" },
  { "everyone to many accounts", { allow "*" }, { allow { X, Y, "222233334444", "333344445555", "555566667777" } },
    ("pull from everyone except account %s, account %s, account 222233334444 and 2 more"):format(X, Y),
    "pull to everyone" },
  { "a Deny for an account", { allow "*" }, { allow "*", deny(X) }, "pull from account " .. X },
  { "a Deny outside an organization", { allow "*" }, { allow "*", deny("*", OUTSIDE) },
    "pull from everyone except organization " .. ORG },
  { "a Deny with NotPrincipal", { allow "*" }, { allow "*", statement(NO_ROOT) },
    ("pull from everyone except the root user of account %s"):format(X), "pull to everyone" },
  { "everyone but an account to nobody", { allow "*", deny(X) }, {}, "pull from everyone except account " .. X },
  { "everyone but one account to everyone but another", { allow "*", deny(X) }, { allow "*", deny(Y) },
    "pull from account " .. Y, "pull to account " .. Y },
  { "everyone to an account under a condition", { allow "*" }, { allow(X, OFFICE) },
    ("pull from everyone except account %s from 192.0.2.0/24"):format(X), "pull to everyone" },
  { "everyone to a network", { allow "*" }, { allow("*", OFFICE) }, "pull from everyone in some cases",
    "pull to everyone in more cases" },
  { "a network to a smaller one", { allow("*", test("IpAddress", "aws:SourceIp", "192.0.0.0/16")) }, { allow("*", OFFICE) },
    "pull from everyone from 192.0.0.0/16 in some cases", "pull to everyone from 192.0.0.0/16 in more cases" },
  { "everyone to who has a tag", { allow "*" }, { allow("*", test("StringEquals", "aws:PrincipalTag/team", "web")) },
    "pull from everyone in some cases", "pull to everyone in more cases" },
  { "everyone to roles of an account", { allow "*" },
    { allow("*", test("ArnLike", "aws:PrincipalArn", "arn:aws:iam::" .. X .. ":role/*")) },
    ("pull from everyone except principals like arn:aws:iam::%s:role/*"):format(X), "pull to everyone" },
  { "two organizations to one", { allow("*", organization(ORG, "o-bbbbbbbbbb")) }, { allow("*", organization(ORG)) },
    "pull from organization o-bbbbbbbbbb" },
  { "an organization to a part of it", { allow("*", organization(ORG)) }, { allow("*", PATH) },
    ("pull from organization %s except organization path %s/r-ab12/ou-ab12-11111111/*"):format(ORG, ORG),
    "pull to organization " .. ORG },
  { "an organization beside an account", { allow("*", organization(ORG)), allow(X) }, { allow(X) },
    "pull from organization " .. ORG },
  { "two accounts to one", { allow { X, Y } }, { allow(X) }, "pull from account " .. Y },
  { "one account to another", { allow(X) }, { allow(Y) }, "pull from account " .. X, "pull to account " .. X },
  { "an account to one of its roles", { allow(X) }, { allow(CI) }, ("pull from account %s except %s"):format(X, CI),
    "pull to account " .. X },
  { "an account without one of its roles", { allow(X) }, { allow(X), deny(CI) }, "pull from " .. CI },
  { "an account to its office", { allow(X) }, { allow(X, OFFICE) }, ("pull from account %s in some cases"):format(X),
    ("pull to account %s in more cases"):format(X) },
  { "an account to callers with MFA", { allow(X) }, { allow(X, test("Bool", "aws:MultiFactorAuthPresent", "true")) },
    ("pull from account %s in some cases"):format(X), ("pull to account %s in more cases"):format(X) },
  { "an account until a date", { allow(X) }, { allow(X, test("DateLessThan", "aws:CurrentTime", "2027-01-01T00:00:00Z")) },
    ("pull from account %s in some cases"):format(X), ("pull to account %s in more cases"):format(X) },
  { "a role to its office", { allow(CI) }, { allow(CI, OFFICE) }, ("pull from %s in some cases"):format(CI),
    ("pull to %s in more cases"):format(CI) },
  { "a role to a session of it", { allow(CI) }, { allow("arn:aws:sts::" .. X .. ":assumed-role/ci/build") },
    ("pull from %s in some cases"):format(CI), ("pull to %s in more cases"):format(CI) },
  { "an action that others keep no part of", { allow "*", allow(X, nil, { Action = "ecr:PutImage" }) }, { allow "*" },
    "ecr:PutImage from account " .. X },
  { "a statement that another one covers", { allow "*", allow(X) }, { allow "*" }, "nothing" },
  { "a service to its use for an account", { statement(LAMBDA) }, { statement { Principal = LAMBDA.Principal,
    Condition = test("StringEquals", "aws:SourceAccount", X) } }, "pull from service lambda.amazonaws.com in some cases",
    "pull to service lambda.amazonaws.com in more cases" },
  { "a service to nobody", { statement(LAMBDA) }, {}, "pull from service lambda.amazonaws.com" },
}

local function parse(statements)
  return assert(policy.parse(json.encode { Version = "2012-10-17", Statement = json.array(statements) }))
end

-- What two changes give besides what they take.
local GIVEN = {
  ["everyone but one account to everyone but another"] = "pull to account " .. X,
  ["one account to another"] = "pull to account " .. Y,
}

describe("the effect of a change", function()
  for _, case in ipairs(CASES) do
    it("is right for " .. case[1], function()
      local before, after = parse(case[2]), parse(case[3])
      local gives, takes = effect.texts(effect.of(before, after))
      assert.same({ GIVEN[case[1]] or "nothing", case[4] }, { gives, takes })
      gives = effect.texts(effect.of(after, before))
      assert.equal(case[5] or (case[4]:gsub(" from ", " to ", 1)), gives)
    end)
  end

  it("is unknown for a policy that AWS refuses", function()
    local refused = assert(policy.parse '{"Statement":[{"Effect":"allow","Principal":"*","Action":"ecr:*"}]}')
    local change = effect.of(policy.new(), refused)
    assert.is_nil(effect.same(change))
    assert.equal("cannot be excluded: statement 1: 'allow' is not an Effect; AWS refuses the policy: "
      .. 'write "Allow" or "Deny", which are case-sensitive', (effect.texts(change)))
  end)

  -- Before Version 2012-10-17, a policy variable is plain text.
  it("compares what looks like a variable by the Version of its document", function()
    local NEW, OLD, KEEPS = "2012-10-17", "2008-10-17",
      "pull from everyone except account %s with aws:PrincipalTag/x = ${aws:PrincipalTag/y}"
    local function versioned(version, one)
      return assert(policy.parse(json.encode { Version = version, Statement = json.array { one } }))
    end
    local tagged = allow(X, test("StringEquals", "aws:PrincipalTag/x", "${aws:PrincipalTag/y}"))
    for before, afters in pairs { [NEW] = { [NEW] = "", [OLD] = "" }, [OLD] = { [OLD] = "", [NEW] = " in some cases" } } do
      for after, suffix in pairs(afters) do
        local change = effect.of(versioned(before, allow "*"), versioned(after, tagged))
        assert.equal(KEEPS:format(X) .. suffix, (select(2, effect.texts(change))))
      end
    end
    assert.is_true(effect.same(effect.of(versioned(OLD, allow "*"), versioned(NEW, allow "*"))))
    assert.is_false(effect.same(effect.of(versioned(OLD, tagged), versioned(NEW, tagged))))
  end)
end)
