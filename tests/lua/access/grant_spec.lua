local policy = require "lanyard.policy"
local world = require "world"

local SERVICE = "my-container-service"

describe("grant", function()
  it("warns of a Deny that cancels it", function()
    local w <close> = world.new()
    local service, repository = w:service(), w:repository "my-private-repo"
    w:put("my-private-repo", '{"Version":"2008-10-17","Statement":[{"Sid":"no pulls","Effect":"Deny","Principal":'
      .. '{"AWS":"*"},"Action":"ecr:BatchGetImage"}]}')
    local change = assert(w.region:grant(service, repository))
    assert.matches("'no pulls' denies ecr:BatchGetImage", change.warning)
  end)

  it("joins lanyard's own statements with `fold` if the policy would be too large", function()
    local w <close> = world.new()
    local service, repository = w:service(), w:repository "my-private-repo"
    assert(w.region.lightsail:CreateContainerService { serviceName = "other", power = "nano", scale = 1,
      privateRegistryAccess = { ecrImagePullerRole = { isActive = true } } })
    local other = assert(w.region:enable("other")).service
    assert(w.region:grant(other, repository))
    local theirs = '{"Sid":"theirs","Effect":"Allow","Principal":{"AWS":"444455556666"},"Action":"ecr:PutImage"}'
    local text = policy.parse((w:text "my-private-repo":gsub("%[", "[" .. theirs .. ",", 1))):compact()
    w:put("my-private-repo", (text:gsub("^{", '{"Id":"' .. ("x"):rep(policy.LIMIT - #text - 200) .. '",')))
    local change, err = w.region:grant(service, repository)
    assert.is_nil(change)
    assert.equal("PolicyTooLarge", err.code)
    assert.matches("--fold", err.tip, 1, true)
    change = assert(w.region:grant(service, repository, { fold = true }))
    assert.equal("granted", change.kind)
    assert.matches("joined", change.why)
    assert.same({ "theirs", "AllowLightsailPull" }, w:sids "my-private-repo")
    assert.is_truthy(w:text("my-private-repo"):find(theirs, 1, true))
    assert.equal("unchanged", assert(w.region:grant(other, repository, { fold = true })).kind)
    assert.equal("revoked", assert(w.region:revoke({ service = service }, repository)).kind)
    assert.is_nil(w:text("my-private-repo"):find(service.role.arn, 1, true))
    assert.is_truthy(w:text("my-private-repo"):find(other.role.arn, 1, true))
  end)

  it("fails while the role is off", function()
    local w <close> = world.new()
    local change, err = w.region:grant(assert(w.region:service(SERVICE)), w:repository "my-private-repo")
    assert.is_nil(change)
    assert.equal("RoleOff", err.code)
  end)

  it("appends a number to a Sid that another statement has", function()
    local w <close> = world.new()
    local service, repository = w:service(), w:repository "my-private-repo"
    w:put("my-private-repo", '{"Version":"2008-10-17","Statement":[{"Sid":"AllowLightsailPull-my-container-service",'
      .. '"Effect":"Allow","Principal":{"AWS":"444455556666"},"Action":"ecr:BatchGetImage"}]}')
    assert(w.region:grant(service, repository))
    assert.same({ "AllowLightsailPull-my-container-service", "AllowLightsailPull-my-container-service-2" },
      w:sids "my-private-repo")
  end)
end)
