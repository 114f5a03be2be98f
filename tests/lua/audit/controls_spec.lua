local audit = require "lanyard.audit"
local baseline = require "lanyard.audit.report.baseline"
local json = require "lanyard.json"
local world = require "world"

local MANAGEMENT, ORGANIZATION = "999988887777", "o-a1b2c3d4e5"
local PULL = json.array { "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer" }

local function statement(changes)
  local one = { Effect = "Deny", Principal = "*", Action = PULL, Resource = "*" }
  for name, value in pairs(changes) do one[name] = value end
  return { Version = "2012-10-17", Statement = json.array { one } }
end

local OUTSIDE = {
  StringNotEqualsIfExists = { ["aws:PrincipalOrgID"] = ORGANIZATION },
  BoolIfExists = { ["aws:PrincipalIsAWSService"] = "false" },
}

-- Returns a policy that allows principals some actions.
local function allow(principal, actions)
  return { Version = "2012-10-17", Statement = json.array { { Sid = "Allow", Effect = "Allow", Principal = principal,
    Action = actions or PULL } } }
end

-- Audits an account whose organization has resource control policies. policies: { NAME = { content, targets? } }.
local function audited(repositories, policies, changes)
  local list, seed = {}, { management = MANAGEMENT, delegated = true, accounts = { { id = MANAGEMENT } } }
  for i, one in ipairs(policies) do
    list[i] = { name = one[1], content = one[2], targets = one[3] }
  end
  seed.resource_control_policies = list
  for name, value in pairs(changes or {}) do seed[name] = value end
  local w = world.new { seed = { organization = seed, regions = { ["us-east-1"] = {
    services = { { name = "my-container-service", role = true } }, repositories = repositories,
  } } } }
  return w
end

local function run(w)
  return assert(audit.run(w.region))
end

local function find(report, id)
  for _, finding in ipairs(report.findings) do
    if finding.id == id then return finding end
  end
  return nil
end

local function access(report, name)
  for _, repository in ipairs(report.scopes[1].repositories) do
    if repository.name == name then return repository.access[1] end
  end
end

describe("a pull that a resource control policy denies", function()
  it("is denied-grant, with the policy's name and the exception that it needs", function()
    local w <close> = audited({ { name = "web" } }, { { "perimeter", statement { Sid = "Outside", Condition = OUTSIDE } } })
    assert(w.region:grant(w:service(), w:repository "web"))
    local report = run(w)
    local finding = find(report, "denied-grant")
    assert.equal("deny", access(report, "web").decision)
    assert.matches("denies it in statement Outside of the resource control policy 'perimeter' %(p%-00000001%)$", finding.message)
    assert.matches("^in the organization's management account, edit the resource control policy 'perimeter'", finding.fix)
    assert.matches('"ArnNotLike": {"aws:PrincipalArn": ', finding.fix)
    assert.equal("p-00000001", finding.control)
    assert.same({ { id = "p-00000001", name = "perimeter" } }, report.scopes[1].controls)
  end)

  it("is not denied by a policy of another account, Region, repository or action", function()
    for _, one in ipairs {
      { statement { Condition = OUTSIDE }, { MANAGEMENT } },
      { statement { Resource = "arn:aws:ecr:us-east-1:111122223333:repository/other" } },
      { statement { Resource = "arn:aws:ecr:eu-west-1:111122223333:repository/*" } },
      { statement { Action = "ecr:PutImage" } },
    } do
      local w <close> = audited({ { name = "web" } }, { { "x", one[1], one[2] } })
      assert(w.region:grant(w:service(), w:repository "web"))
      local report = run(w)
      assert.equal("allow", access(report, "web").decision)
      assert.is_nil(find(report, "denied-grant"))
    end
  end)

  it("is not denied in the management account", function()
    local w <close> = audited({ { name = "web" } }, { { "x", statement {} } }, { management = "111122223333" })
    assert(w.region:grant(w:service(), w:repository "web"))
    local report = run(w)
    assert.equal("allow", access(report, "web").decision)
    assert.is_nil(report.scopes[1].controls)
  end)

  it("depends on keys that are not known", function()
    local w <close> = audited({ { name = "web" } }, { { "tags", statement {
      Condition = { StringNotEquals = { ["aws:PrincipalTag/team"] = "web" } } } } })
    assert(w.region:grant(w:service(), w:repository "web"))
    local report = run(w)
    assert.equal("depends", access(report, "web").decision)
    assert.matches("resource control policy 'tags' .* depending on aws:PrincipalTag/team", find(report, "denied-grant").message)
  end)

  it("is denied by the emulator, too", function()
    local w <close> = audited({ { name = "web", images = { "1.0" } } }, { { "closed", statement { Sid = "No" } } })
    assert(w.region:grant(w:service(), w:repository "web"))
    local permission = require "lanyard.emulator.ecr.permission"
    local role = w:service().role.arn
    local function decide()
      return permission.decide(w.world, "us-east-1", "web", { principal = role, action = "ecr:BatchGetImage" })
    end
    assert.equal("deny", (decide()))
    assert.equal("resource control policy", select(2, decide()))
  end)
end)

describe("somebody outside whom a resource control policy restricts", function()
  it("is reported, with what the policy leaves", function()
    local w <close> = audited({
      { name = "account", policy = allow { AWS = "444455556666" } }, { name = "public", policy = allow "*" },
    }, { { "perimeter", statement { Condition = OUTSIDE } } })
    local report = run(w)
    local public = find(report, "public-access")
    assert.equal("critical", public.severity)
    assert.matches("%(statement Allow%); the resource control policy 'perimeter' %(p%-00000001%) leaves only "
      .. "organization o%-a1b2c3d4e5 %(this organization%)", public.message)
    assert.matches("leaves only account 444455556666 %(another account%) in organization o%-a1b2c3d4e5$",
      find(report, "other-account").message)
    assert.equal("depends", access(report, "account").decision)
  end)

  it("is kept out by a Deny of everybody, also if only several policies do so together", function()
    local account = { StringNotEquals = { ["aws:PrincipalAccount"] = "444455556666" } }
    local same = { StringEquals = { ["aws:PrincipalAccount"] = "444455556666" } }
    local w <close> = audited({ { name = "account", policy = allow { AWS = "444455556666" } } },
      { { "closed", statement {} } })
    assert.matches("; the resource control policy 'closed' %(p%-00000001%) keeps them out$",
      find(run(w), "other-account").message)
    local v <close> = audited({ { name = "public", policy = allow "*" } },
      { { "not", statement { Condition = account } }, { "same", statement { Condition = same } } })
    assert.matches("'not' %(p%-00000001%)", find(run(v), "public-access").message)
  end)

  it("is reported with it for the registry policy, too", function()
    local w <close> = audited({ { name = "web" } }, { { "perimeter", statement { Condition = OUTSIDE } } })
    assert(w.region.ecr:PutRegistryPolicy { policyText = json.encode { Version = "2012-10-17", Statement = json.array { {
      Sid = "All", Effect = "Allow", Principal = { AWS = "arn:aws:iam::444455556666:root" }, Action = PULL,
      Resource = "arn:aws:ecr:us-east-1:111122223333:repository/*" } } } })
    assert.matches("%(statement All%); the resource control policy 'perimeter' %(p%-00000001%) leaves only account 444455556666 ",
      find(run(w), "registry-pull").message)
  end)

  it("loses only the actions that the policy denies", function()
    local w <close> = audited({ { name = "account", policy = allow({ AWS = "444455556666" },
      json.array { PULL[1], PULL[2], "ecr:PutImage" }) } }, { { "no-push", statement { Action = "ecr:Put*" } } })
    assert.matches("; the resource control policy 'no%-push' %(p%-00000001%) denies them ecr:PutImage$",
      find(run(w), "other-account").message)
  end)

  it("is reported as before if the policy leaves everything", function()
    for _, one in ipairs {
      statement { Action = "ecr:PutImage" }, statement { Resource = "arn:aws:ecr:us-east-1:111122223333:repository/other" },
      statement { Condition = { Bool = { ["aws:SecureTransport"] = "false" } } },
    } do
      local w <close> = audited({ { name = "account", policy = allow { AWS = "444455556666" } } }, { { "x", one } })
      assert.is_nil(find(run(w), "other-account").message:find("resource control policy", 1, true))
    end
  end)

  it("does not concern the account's own callers, who are in the organization", function()
    local w <close> = audited({ { name = "own", policy = allow { AWS = "111122223333" } } },
      { { "perimeter", statement { Condition = OUTSIDE } } })
    assert.equal("allow", access(run(w), "own").decision)
  end)
end)

describe("an audit that cannot read resource control policies", function()
  it("says so, after one call", function()
    local w <close> = audited({ { name = "web" }, { name = "api" } }, { { "x", statement {} } }, { delegated = false })
    local report = run(w)
    local one = report.limitations[1]
    assert.equal("resource-control-policies", one.kind)
    assert.equal("organizations:ListPolicies: AccessDeniedException: You don't have permissions to access this resource.; "
      .. "only the management account and delegated administrators of the organization can read them", one.reason)
    assert.same({ "111122223333" }, one.accounts)
    assert.is_nil(report.scopes[1].controls)
    assert.equal(1, w:count "ListPolicies")
    assert.equal(0, w:count "ListParents")
  end)

  it("resolves no finding of an audit that could", function()
    local policies = { { "perimeter", statement { Condition = OUTSIDE } } }
    local w <close> = audited({ { name = "web" } }, policies)
    assert(w.region:grant(w:service(), w:repository "web"))
    local before = run(w)
    w.world.state.organization.delegated = false
    local after = run(w)
    assert.is_nil(find(after, "denied-grant"))
    baseline.compare(after, before)
    assert.same({}, after.baseline.resolved)
    w.world.state.organization.delegated, w.world.state.organization.policies = true, json.array {}
    local open = run(w)
    baseline.compare(open, before)
    assert.equal("denied-grant", open.baseline.resolved[1].id)
  end)
end)
