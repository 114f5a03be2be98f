local policy = require "lanyard.policy"
local remediation = require "lanyard.audit.remediation"

local ROLE = "arn:aws:iam::947856326339:role/amazon/lightsail/us-east-1/containers/%s/private-repo-access/id"
local WEB, OLD = ROLE:format "web", ROLE:format "old"

-- Returns an inventory with the service web and the repository app, which has these statements and access.
local function example(changes)
  local web = { name = "web", region = "us-east-1", role = { arn = WEB, active = true } }
  local repository = { name = "app", access = {}, statements = {} }
  local inventory = { region = "us-east-1", now = 1000, services = { web }, service_by_name = { web = web }, deployed = {} }
  for name, value in pairs(changes or {}) do
    inventory[name] = value
  end
  return inventory, repository, web
end

describe("a fix", function()
  it("names the requested profile, quoted for a shell", function()
    local inventory, repository = example { profile = "prod eu" }
    assert.equal("lanyard revoke --principal '*' app --region us-east-1 --profile 'prod eu'",
      remediation.revoke(inventory, repository, "*"))
  end)

  it("does not name the profile that assumed a role in another account", function()
    local inventory, repository = example { profile = "ops", role = "audit" }
    assert.equal("lanyard revoke --principal '*' app --region us-east-1",
      remediation.revoke(inventory, repository, "*"))
  end)

  it("enables the role of a service without one", function()
    local inventory, repository, web = example()
    assert.equal("lanyard grant web app --region us-east-1", remediation.grant(inventory, web, repository))
    web.role = { active = false }
    assert.equal("lanyard grant web app --enable --region us-east-1", remediation.grant(inventory, web, repository))
  end)

  it("extends only the grant of a service's current role", function()
    local inventory, repository = example()
    assert.equal("lanyard grant web app --expires 90d --region us-east-1",
      remediation.extend(inventory, repository, WEB))
    for _, principal in ipairs { OLD, ROLE:format("web"):gsub("id$", "earlier"), "111122223333" } do
      assert.is_nil(remediation.extend(inventory, repository, principal))
    end
  end)

  it("replaces the grant of a current role and retains its deadline", function()
    local inventory, repository = example()
    repository.access = { { principal = WEB, ends = 86400 } }
    assert.equal(("lanyard revoke --principal %s app --region us-east-1 && "
      .. "lanyard grant web app --expires 1970-01-02T00:00:00Z --region us-east-1"):format(WEB),
      remediation.reduce_to_pull(inventory, repository, WEB))
  end)

  it("revokes what an expired, unused or outdated role is allowed", function()
    local inventory, repository = example()
    for _, access in ipairs { { ends = 1000 }, { unused = true } } do
      access.principal = WEB
      repository.access = { access }
      assert.equal(remediation.revoke(inventory, repository, WEB), remediation.reduce_to_pull(inventory, repository, WEB))
    end
    assert.equal(remediation.revoke(inventory, repository, OLD), remediation.reduce_to_pull(inventory, repository, OLD))
    inventory.services_unknown = "denied"
    assert.is_nil(remediation.reduce_to_pull(inventory, repository, OLD))
    assert.is_nil(remediation.reduce_to_pull(inventory, repository, "111122223333"))
  end)

  it("removes a principal from a Deny that names it, and else says what to edit", function()
    local inventory, repository = example()
    repository.doc = assert(policy.parse(([[{"Statement":[
      {"Effect":"Deny","Principal":{"AWS":"%s"},"Action":"ecr:*"},
      {"Sid":"all","Effect":"Deny","Principal":"*","Action":"ecr:*"}]}]]):format(WEB)))
    repository.statements = repository.doc:statements()
    assert.matches("^lanyard revoke %-%-statement '#1:%x+' %-%-principal arn:.* app ",
      remediation.exempt_from_deny(inventory, repository, 1, WEB))
    assert.equal(("edit the policy of app: exempt %s from the Deny in statement all, or remove that statement"):format(WEB),
      remediation.exempt_from_deny(inventory, repository, 2, WEB))
  end)

  it("grants the services that deploy from a repository first, each once and only without a grant of its own", function()
    local inventory, repository, web = example()
    local job = { name = "job", role = {} }
    local image = { service = web, repository = repository }
    inventory.deployed = { image, image, { service = job, repository = repository } }
    assert.equal("lanyard grant web app --region us-east-1 && lanyard grant job app --enable --region us-east-1 && revoke",
      remediation.after_grants_for_deployed(inventory, repository, "revoke"))
    repository.access = { { principal = WEB } }
    assert.equal("lanyard grant job app --enable --region us-east-1 && revoke",
      remediation.after_grants_for_deployed(inventory, repository, "revoke"))
  end)
end)
