local grants = require "lanyard.access.grants"
local descriptions = require "lanyard.cli.grants"
local json = require "lanyard.json"
local policy = require "lanyard.policy"
local world = require "world"

describe("grants of a role", function()
  it("are found with their statements and expiry", function()
    local w <close> = world.new()
    local service = w:service()
    assert(w.region:grant(service, w:repository "my-private-repo", { expires = 4102444800 }))
    assert(w.region:grant(service, w:repository "shared-repo"))
    local found = w.region:grants_of(service.role.arn, w.region:policies(assert(w.region:repositories())))
    assert.equal(2, #found)
    assert.equal(4102444800, grants.expiry_of(found[1]))
    assert.is_nil(grants.expiry_of(found[2]))
    assert.same({ { index = 1, sid = "AllowLightsailPull-my-container-service", expires = 4102444800 } },
      found[1].statements)
  end)

  it("are marked if the whole policy denies the pull, or makes it conditional", function()
    local w <close> = world.new()
    local service = w:service()
    local role = service.role.arn
    local PULL = { "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer" }
    local function allow(actions, condition)
      return { Effect = "Allow", Principal = { AWS = role }, Action = actions, Condition = condition }
    end
    local function deny(principal)
      return { Effect = "Deny", Principal = principal, Action = "ecr:GetDownloadUrlForLayer" }
    end
    local ORG = { StringEquals = { ["aws:PrincipalOrgID"] = "o-1" } }
    local OVER = { DateLessThan = { ["aws:CurrentTime"] = "2020-01-31T00:00:00Z" } }
    for _, case in ipairs {
      { "allow", "", allow(PULL) }, { "allow", "", allow "ecr:*", deny { AWS = role .. "2" } },
      { "allow", "", allow "ecr:BatchGetImage", allow "ecr:GetDownloadUrlForLayer" },
      { "partial", " (denied)", allow(PULL), deny { AWS = role } }, { "partial", " (denied)", allow(PULL), deny "*" },
      { "partial", " (one of two actions)", allow "ecr:BatchGetImage" },
      { "deny", " (no pull)", allow "ecr:DescribeImages" }, { "depends", " (conditional)", allow(PULL, ORG) },
      { "deny", "", allow(PULL, OVER) },
    } do
      local decision, mark = case[1], case[2]
      w:put("shared-repo", json.encode { Version = "2012-10-17", Statement = json.array { table.unpack(case, 3) } })
      local found = w.region:grants_of(role, w.region:policies { w:repository "shared-repo" })
      assert.equal(decision, found[1].decision)
      assert.equal(mark, descriptions.doubt(found[1], w:time()))
    end
  end)

  it("expire with their last statement, if all of them expire", function()
    assert.equal(5, grants.expiry_of { statements = { { expires = 5 }, { expires = 3 } } })
    assert.is_nil(grants.expiry_of { statements = { { expires = 5 }, {} } })
  end)
end)

describe("whether a role can pull", function()
  local ROLE = "arn:aws:iam::947856326339:role/amazon/lightsail/us-east-1/containers/web/private-repo-access/0v"
  local REPOSITORY = { arn = "arn:aws:ecr:us-east-1:111122223333:repository/web" }
  local PULL = '"Action":["ecr:BatchGetImage","ecr:GetDownloadUrlForLayer"]'

  local function decide(...)
    local statements = {}
    for i, statement in ipairs { ... } do
      statements[i] = '{"Sid":"s' .. i .. '","Principal":{"AWS":"' .. ROLE .. '"},' .. statement .. "}"
    end
    local doc = assert(policy.parse('{"Version":"2012-10-17","Statement":[' .. table.concat(statements, ",") .. "]}"))
    return grants.explain(doc, ROLE, REPOSITORY, 1769860800) -- 2026-01-31T12:00:00Z
  end

  it("is decided for both actions, at the given time", function()
    local function until_date(date)
      return '"Effect":"Allow",' .. PULL .. ',"Condition":{"DateLessThan":{"aws:CurrentTime":"' .. date .. '"}}'
    end
    assert.equal("allow", (decide('"Effect":"Allow",' .. PULL)))
    assert.equal("allow", (decide(until_date "2026-02-01T00:00:00Z")))
    assert.equal("deny", (decide(until_date "2026-01-31T00:00:00Z")))
    local decision, why = decide '"Effect":"Allow","Action":"ecr:BatchGetImage"'
    assert.equal("deny", decision)
    assert.matches("no statement allows the role to call ecr:GetDownloadUrlForLayer", why)
    decision, why = decide('"Effect":"Allow",' .. PULL, '"Effect":"Deny","Action":"ecr:*"')
    assert.equal("deny", decision)
    assert.matches("statement 's2' denies ecr:BatchGetImage", why)
    decision, why = decide('"Effect":"Allow",' .. PULL .. ',"Condition":{"StringEquals":{"aws:SourceVpc":"vpc-1"}}')
    assert.equal("depends", decision)
    assert.matches("a condition decides whether the role can call ecr:GetDownloadUrlForLayer %(statement 's1'%)", why)
    assert.equal("deny", (grants.explain(nil, ROLE, REPOSITORY, 0)))
  end)
end)

describe("an index of policies", function()
  it("has the Allow statements by the principals that they name, once for each policy", function()
    local function one(...)
      local doc = assert(policy.parse(('{"Version":"2012-10-17","Statement":[%s]}'):format(table.concat({ ... }, ","))))
      return { repository = {}, doc = doc }
    end
    local ROLE, ACCOUNT = "arn:aws:iam::111122223333:role/a", "444455556666"
    local both = ('{"Effect":"Allow","Principal":{"AWS":["%s","%s","%s"]},"Action":"ecr:GetA"}'):format(ROLE, ACCOUNT, ROLE)
    local none = ('{"Effect":"Deny","Principal":{"AWS":"%s"},"Action":"ecr:GetA"},'
      .. '{"Effect":"Allow","NotPrincipal":{"AWS":"%s"},"Action":"ecr:GetA"},'
      .. '{"Effect":"Allow","Principal":{"Service":"%s"},"Action":"ecr:GetA"}'):format(ROLE, ROLE, ACCOUNT)
    local policies = { one(both, none, both), { repository = {}, err = "unread" }, one(none), one(both), { repository = {} } }
    local index = grants.index(policies)
    local function found(principal)
      local list = {}
      for i, item in ipairs(index.by_principal[principal] or {}) do
        list[i] = { item.policy }
        for _, statement in ipairs(item.statements) do table.insert(list[i], statement.index) end
      end
      return list
    end
    assert.same({ { policies[1], 1, 5 }, { policies[4], 1 } }, found(ROLE))
    assert.same({ { policies[1], 1, 5 }, { policies[4], 1 } }, found(ACCOUNT))
    assert.same({ policies[2] }, index.unread)
    assert.is_nil(index.by_principal["*"])
  end)
end)
