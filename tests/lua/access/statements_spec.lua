local policy = require "lanyard.policy"
local statements = require "lanyard.access.statements"

local ROLE = "arn:aws:iam::222233334444:role/amazon/lightsail/us-east-1/containers/web/private-repo-access/"
  .. ("0"):rep(52)
local EARLIER = ROLE:gsub("0", "1")
local PULL = '["ecr:BatchGetImage","ecr:GetDownloadUrlForLayer"]'

local function statement(principal, options)
  options = options or {}
  return ('{%s"Effect":"%s","Principal":{"AWS":"%s"},"Action":%s%s}'):format(
    options.sid and ('"Sid":"%s",'):format(options.sid) or "", options.effect or "Allow", principal,
    options.actions or PULL, options.more or "")
end

local function document(...)
  return assert(policy.parse('{"Version":"2012-10-17","Statement":[' .. table.concat({ ... }, ",") .. "]}"))
end

local function until_date(date)
  return ',"Condition":{"DateLessThan":{"aws:CurrentTime":"' .. date .. '"}}'
end

describe("the name of a statement", function()
  it("is its Sid, or its number", function()
    local doc = document(statement(ROLE, { sid = "CI may push" }), statement(ROLE))
    assert.equal("CI may push", statements.label(doc:statement(1)))
    assert.equal("#2", statements.label(doc:statement(2)))
    assert.equal("statement 'CI may push'", statements.describe(doc:statement(1)))
    assert.equal("statement #2", statements.describe(doc:statement(2)))
  end)
end)

describe("a statement", function()
  it("only pulls if it allows nothing else, and has no condition except an expiry date", function()
    for title, case in pairs {
      ["both actions"] = { true, statement(ROLE) },
      ["one action"] = { true, statement(ROLE, { actions = '"ecr:BatchGetImage"' }) },
      ["a date"] = { true, statement(ROLE, { more = until_date "2100-01-01" }) },
      ["another action"] = { false, statement(ROLE, { actions = '["ecr:BatchGetImage","ecr:PutImage"]' }) },
      ["a pattern"] = { false, statement(ROLE, { actions = '"ecr:*"' }) },
      ["a Deny"] = { false, statement(ROLE, { effect = "Deny" }) },
      ["another condition"] = { false, statement(ROLE, {
        more = ',"Condition":{"StringEquals":{"aws:PrincipalOrgID":"o-1"}}' }) },
    } do
      assert.equal(case[1], statements.only_pulls(document(case[2]):statement(1)), title)
    end
  end)

  it("is lanyard's own by its Sid and its principals", function()
    assert.is_true(statements.is_own(document(statement(ROLE, { sid = "AllowLightsailPull-web" })):statement(1)))
    assert.is_false(statements.is_own(document(statement(ROLE, { sid = "other" })):statement(1)))
    assert.is_false(statements.is_own(document(statement("111122223333", { sid = "AllowLightsailPull-web" }))
      :statement(1)))
  end)
end)

describe("existing grants", function()
  it("are the statements that name the role, and the statements of an earlier role", function()
    local doc = document(statement(ROLE, { sid = "a" }), statement("*", { sid = "b" }),
      statement(EARLIER, { sid = "AllowLightsailPull-web" }))
    local grants, leftover = statements.existing_grants(doc, ROLE, "AllowLightsailPull-web")
    assert.equal(1, #grants)
    assert.equal("a", grants[1].sid)
    assert.equal(3, leftover.index)
  end)

  it("expire with the last one that has the whole pull", function()
    local function last(...)
      return statements.last_expiry((statements.existing_grants(document(...), ROLE, "x")))
    end
    local early, late = { more = until_date "2100-01-01" }, { more = until_date "2101-01-01" }
    local part = { more = until_date "2102-01-01", actions = '"ecr:BatchGetImage"' }
    assert.equal(4133980800, last(statement(ROLE, early), statement(ROLE, late), statement(ROLE, part)))
    assert.is_nil(last(statement(ROLE, early), statement(ROLE)))
    assert.is_nil(last())
  end)
end)
