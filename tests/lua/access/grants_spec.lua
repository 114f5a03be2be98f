local policy = require "lanyard.policy"
local world = require "world"

local SERVICE = "my-container-service"

describe("revoke", function()
  it("takes only the role from a list of principals, and keeps the statement's Sid", function()
    local w <close> = world.new()
    local service, repository = w:service(), w:repository "my-private-repo"
    w:put("my-private-repo", ('{"Version":"2008-10-17","Statement":[{"Sid":"team","Effect":"Allow","Principal":{"AWS":'
      .. '["444455556666", "%s"]},"Action":"ecr:BatchGetImage"}]}'):format(service.role.arn))
    local change = assert(w.here:revoke({ service = service }, repository))
    assert.equal("revoked", change.kind)
    assert.same({ "team" }, w:sids "my-private-repo")
    assert.is_nil(w:text("my-private-repo"):find(service.role.arn, 1, true))
    assert.is_truthy(w:text("my-private-repo"):find("444455556666", 1, true))
  end)

  it("leaves a Deny that names the role", function()
    local w <close> = world.new()
    local service, repository = w:service(), w:repository "my-private-repo"
    local text = ('{"Version":"2008-10-17","Statement":[{"Sid":"no","Effect":"Deny","Principal":{"AWS":"%s"},'
      .. '"Action":"ecr:*"}]}'):format(service.role.arn)
    w:put("my-private-repo", text)
    assert.equal("unchanged", assert(w.here:revoke({ service = service }, repository)).kind)
    assert.equal(text, w:text "my-private-repo")
  end)

  it("takes an AWS service out by its name, and nobody else", function()
    local w <close> = world.new()
    w:put("my-private-repo", '{"Version":"2012-10-17","Statement":[{"Sid":"a","Effect":"Allow","Principal":{"Service":'
      .. '"lightsail.amazonaws.com"},"Action":"ecr:*"},{"Sid":"b","Effect":"Allow","Principal":{"Service":'
      .. '"ecs.amazonaws.com"},"Action":"ecr:*"}]}')
    local whom = { principal = "lightsail.amazonaws.com" }
    assert.equal("revoked", assert(w.here:revoke(whom, w:repository "my-private-repo")).kind)
    assert.same({ "b" }, w:sids "my-private-repo")
  end)

  it("takes a principal by its ARN", function()
    local w <close> = world.new()
    local service, repository = w:service(), w:repository "my-private-repo"
    assert(w.here:grant(service, repository))
    assert.equal("revoked", assert(w.here:revoke({ principal = service.role.arn }, repository)).kind)
    assert.is_nil(w:text "my-private-repo")
  end)
end)

describe("grant", function()
  it("warns of a Deny that cancels it", function()
    local w <close> = world.new()
    local service, repository = w:service(), w:repository "my-private-repo"
    w:put("my-private-repo", '{"Version":"2008-10-17","Statement":[{"Sid":"no pulls","Effect":"Deny","Principal":'
      .. '{"AWS":"*"},"Action":"ecr:BatchGetImage"}]}')
    local change = assert(w.here:grant(service, repository))
    assert.matches("'no pulls' denies ecr:BatchGetImage", change.warning)
  end)

  it("joins our own statements where the policy would be too large, when told to", function()
    local w <close> = world.new()
    local service, repository = w:service(), w:repository "my-private-repo"
    assert(w.here.lightsail:CreateContainerService { serviceName = "other", power = "nano", scale = 1,
      privateRegistryAccess = { ecrImagePullerRole = { isActive = true } } })
    local other = assert(w.here:enable("other")).service
    assert(w.here:grant(other, repository))
    local theirs = '{"Sid":"theirs","Effect":"Allow","Principal":{"AWS":"444455556666"},"Action":"ecr:PutImage"}'
    local padding = (" "):rep(policy.LIMIT - #w:text "my-private-repo" - #theirs - 200)
    w:put("my-private-repo", (w:text "my-private-repo":gsub("%[", "[" .. theirs .. "," .. padding, 1)))
    local change, err = w.here:grant(service, repository)
    assert.is_nil(change)
    assert.equal("PolicyTooLarge", err.code)
    assert.matches("--fold", err.tip, 1, true)
    change = assert(w.here:grant(service, repository, { fold = true }))
    assert.equal("granted", change.kind)
    assert.matches("joined", change.why)
    assert.same({ "theirs", "AllowLightsailPull" }, w:sids "my-private-repo")
    assert.is_truthy(w:text("my-private-repo"):find(theirs, 1, true))
    assert.equal("unchanged", assert(w.here:grant(other, repository, { fold = true })).kind)
    assert.equal("revoked", assert(w.here:revoke({ service = service }, repository)).kind)
    assert.is_nil(w:text("my-private-repo"):find(service.role.arn, 1, true))
    assert.is_truthy(w:text("my-private-repo"):find(other.role.arn, 1, true))
  end)

  it("refuses while the role is off", function()
    local w <close> = world.new()
    local change, err = w.here:grant(assert(w.here:service(SERVICE)), w:repository "my-private-repo")
    assert.is_nil(change)
    assert.equal("RoleOff", err.code)
  end)

  it("gives a Sid that another statement has a number", function()
    local w <close> = world.new()
    local service, repository = w:service(), w:repository "my-private-repo"
    w:put("my-private-repo", '{"Version":"2008-10-17","Statement":[{"Sid":"AllowLightsailPull-my-container-service",'
      .. '"Effect":"Allow","Principal":{"AWS":"444455556666"},"Action":"ecr:BatchGetImage"}]}')
    assert(w.here:grant(service, repository))
    assert.same({ "AllowLightsailPull-my-container-service", "AllowLightsailPull-my-container-service-2" },
      w:sids "my-private-repo")
  end)
end)

describe("repositories", function()
  it("come by name and by glob, sorted, each once", function()
    local w <close> = world.new()
    local names = {}
    for i, repository in ipairs(assert(w.here:repositories { "shared-repo", "*-repo" })) do
      names[i] = repository.name
    end
    assert.same({ "my-private-repo", "shared-repo" }, names)
  end)

  it("page through a large registry", function()
    local many = {}
    for i = 1, 250 do many[i] = { name = ("r%03d"):format(i) } end
    local w <close> = world.new { seed = { regions = { ["us-east-1"] = { repositories = many } } } }
    assert.equal(250, #assert(w.here:repositories()))
    assert.equal(3, w:count "DescribeRepositories")
  end)
end)
