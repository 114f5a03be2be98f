-- The rules that come with lanyard.

local examples = require "lanyard.rules.examples"
local facts = require "lanyard.rules.facts"
local helper = require "helper"
local json = require "lanyard.json"
local rules = require "lanyard.rules"

local OURS, THEIRS = "o-a1b2c3d4e5", "o-zzzzzzzzzz"
local PULLER = "arn:aws:iam::947856326339:role/amazon/lightsail/us-east-1/containers/web/private-repo-access/id"

-- Returns the rules of a text.
local function load(text)
  local folder <close> = helper.folder()
  helper.write(folder .. "/rules.lua", text)
  local loaded = rules.new { path = folder .. "/rules.lua" }
  local ok, err = loaded:load()
  return ok and loaded, err
end

local function policy(principal, operator, key, value, effect)
  return json.encode { Version = "2012-10-17", Statement = json.array {
    { Effect = effect or "Allow", Principal = principal, Action = "ecr:BatchGetImage",
      Condition = key and { [operator] = { [key] = value } } or nil },
  } }
end

-- Returns what the bundled rule with these fields says about a change to a policy: "allow", or "deny: reason".
local function answer(fields, after, change)
  local loaded = assert(load(([[
    bundled "own-organization" { %s }
    example "one" { on = "undo", repository = "web", %s after = %q, expect = "allow" }
  ]]):format(fields, change or "", after)))
  return examples.run(loaded)[1].answer
end

local ORGANIZATION = ('organizations = { "%s" }'):format(OURS)
local ACCOUNTS = ORGANIZATION .. ', accounts = { "444455556666" }'

describe("the bundled rule own-organization", function()
  it("denies what opens a repository to others, over every possible request", function()
    for name, case in pairs {
      everyone = { policy "*", "to everyone" },
      ["another organization"] = { policy("*", "StringEquals", "aws:PrincipalOrgID", THEIRS), "organization " .. THEIRS },
      ["a path of another"] = { policy("*", "ForAnyValue:StringLike", "aws:PrincipalOrgPaths", THEIRS .. "/r-1/*"), THEIRS },
      ["any organization"] = { policy("*", "StringLike", "aws:PrincipalOrgID", "o-*"), "any organization" },
      ["all but one organization"] = { policy("*", "StringNotEquals", "aws:PrincipalOrgID", THEIRS), "everyone" },
      ["a condition that excludes nobody"] = { policy("*", "StringEqualsIfExists", "aws:PrincipalOrgID", OURS), "" },
      ["principals of any account"] = { policy("*", "ArnLike", "aws:PrincipalArn", "arn:aws:iam::*:role/ci"), "role/ci" },
      ["a service without a source"] = { policy { Service = "codebuild.amazonaws.com" }, "codebuild" },
      ["a service for another organization"] = {
        policy({ Service = "codebuild.amazonaws.com" }, "StringEquals", "aws:SourceOrgID", THEIRS), THEIRS,
      },
      ["an identity provider of the web"] = { policy { Federated = "accounts.google.com" }, "google" },
    } do
      local given = answer(ORGANIZATION, case[1])
      assert.matches("^deny: it would open web to ", given, name)
      assert.truthy(given:find(case[2], 1, true), name .. ": " .. given)
    end
  end)

  it("allows the own organization, accounts, puller roles, and services for them", function()
    for _, after in ipairs {
      policy("*", "StringEquals", "aws:PrincipalOrgID", OURS),
      policy("*", "ForAnyValue:StringLike", "aws:PrincipalOrgPaths", OURS .. "/r-1/*"),
      policy { AWS = "444455556666" }, policy { AWS = "arn:aws:iam::444455556666:role/ci" }, policy { AWS = PULLER },
      policy({ Service = "codebuild.amazonaws.com" }, "StringEquals", "aws:SourceAccount", "444455556666"),
      policy({ Service = "codebuild.amazonaws.com" }, "StringEquals", "aws:SourceOrgID", OURS),
      policy("*", nil, nil, nil, "Deny"),
    } do
      assert.equal("allow", answer(ORGANIZATION, after), after)
      assert.equal("allow", answer(ACCOUNTS, after), after)
    end
  end)

  it("denies other accounts if it knows the accounts, except the repository's own", function()
    for _, after in ipairs {
      policy { AWS = "777788889999" }, policy { AWS = "arn:aws:iam::777788889999:role/ci" },
      policy({ Service = "codebuild.amazonaws.com" }, "StringEquals", "aws:SourceAccount", "777788889999"),
      policy("*", "ArnLike", "aws:PrincipalArn", "arn:aws:iam::777788889999:role/*"),
    } do
      assert.equal("allow", answer(ORGANIZATION, after), after)
      assert.matches("^deny: ", answer(ACCOUNTS, after), after)
    end
    assert.equal("allow", answer(ACCOUNTS, policy { AWS = "arn:aws:iam::111122223333:role/ci" }))
  end)

  it("asks for the organization unless it is given, and denies if it stays unknown", function()
    local after = policy("*", "StringEquals", "aws:PrincipalOrgID", OURS)
    assert.equal("allow", answer("", after, ('organization = { id = "%s" },'):format(OURS)))
    assert.matches("^deny: it would open web to organization " .. OURS:gsub("%-", "%%-"),
      answer("", after, ('organization = { id = "%s" },'):format(THEIRS)))
    assert.matches("^deny: it would open web to organization", answer("", after, "organization = {},")) -- in none
    assert.matches("^deny: the own organization is unknown: ", answer("", after))
    assert.is_true(load('bundled "own-organization" {}').organization)
    assert.is_false(load(('bundled "own-organization" { %s }'):format(ORGANIZATION)).organization)
  end)

  it("is rejected with other fields", function()
    for text, expected in pairs {
      ['bundled "own" {}'] = "rules.lua:1: there is no bundled rule 'own'",
      ['bundled "own-organization" { organization = "x" }'] = "rules.lua:1: own-organization has an unknown field",
      ['bundled "own-organization" { organizations = {} }'] = "rules.lua:1: own-organization: organizations must be a list",
      ['bundled "own-organization" { organizations = { "x" } }'] = "rules.lua:1: own-organization: 'x' is not the id",
      ['bundled "own-organization" { accounts = { "1" } }'] = "rules.lua:1: own-organization: '1' is not an account id",
    } do
      local loaded, err = load(text)
      assert.is_false(loaded or false)
      assert.truthy(err.message:find(expected, 1, true), err.message)
    end
  end)
end)

describe("the fact organization", function()
  -- Returns the facts of an account whose organization is asked for.
  local function of(reply, err)
    local asked = 0
    local session = {
      identity = function() return { account = "111122223333", arn = "arn:aws:iam::111122223333:user/kim" } end,
      client = function(_, service)
        assert.equal("organizations", service)
        return { DescribeOrganization = function()
          asked = asked + 1
          return reply, err
        end }
      end,
    }
    local repository = { name = "web", arn = "arn:aws:ecr:us-east-1:111122223333:repository/web", mutability = "MUTABLE" }
    local known = facts.new({
      name = "us-east-1", session = session, clock = { time = function() return 0 end },
      ecr = { ListTagsForResource = function() return { tags = {} } end },
    }, { organization = true })
    local first = known:of { on = "undo", repository = repository }
    known:of { on = "undo", repository = repository }
    return first, asked
  end

  it("is asked for once, and is empty for an account without one", function()
    local change, asked = of { Organization = { Id = OURS } }
    assert.same({ { id = OURS }, nil, 1 }, { change.organization, change.unknown, asked })
    change = of(nil, { code = "AWSOrganizationsNotInUseException", sent = true, status = 400 })
    assert.same({}, change.organization)
  end)

  it("is unknown if AWS denies the call, or its reply has none", function()
    local refused = setmetatable({ code = "AccessDeniedException", status = 400 }, { __tostring = function() return "denied" end })
    local change = of(nil, refused)
    assert.is_nil(change.organization)
    assert.equal("the organization of the account: denied", change.unknown)
    change = of { Organization = { Id = "x" } }
    assert.matches("has no id$", change.unknown)
  end)
end)
