local audit = require "lanyard.audit"
local world = require "world"

local FOREIGN = [[{"Version":"2012-10-17","Statement":[
  {"Sid":"ci","Effect":"Allow","Principal":{"AWS":"111122223333"},"Action":"ecr:*"}]}]]
local SERVICE, NAME = "my-container-service", "my-private-repo"

-- A world in which another program overwrote a grant.
local function overwritten_world(grant_options, user_agent)
  local w = world.new()
  assert(w.region:enable(SERVICE))
  assert(w.region:grant(assert(w.region:service(SERVICE)), assert(w.region:repositories { NAME })[1], grant_options))
  w.passed = w.passed + 60
  assert(w.region.ecr:SetRepositoryPolicy { repositoryName = NAME, policyText = FOREIGN })
  for _, one in ipairs(w.world.trail["us-east-1"]) do
    one.call.user_agent, one.event = user_agent or "aws-cli/2.9", nil
  end
  return w
end

local function findings(w)
  local found = {}
  for _, finding in ipairs(assert(audit.run(w.region, {})).findings) do
    found[#found + 1] = finding.id == "overwritten-grant" and finding or nil
  end
  return found
end

describe("overwritten-grant", function()
  it("says when the grant was written, who overwrote it, and how to restore it", function()
    local w <close> = overwritten_world()
    local found = findings(w)
    assert.equal(1, #found)
    assert.equal("medium", found[1].severity)
    assert.match("^the grant of my%-container%-service in my%-private%-repo is gone: written by lanyard on %S+, "
      .. "overwritten since: on %S+ by arn:aws:iam::111122223333:user/operator with AWS CLI$", found[1].message)
    assert.equal("lanyard grant my-container-service my-private-repo --region us-east-1", found[1].fix)
  end)

  it("restores the deadline, too", function()
    local w <close> = overwritten_world { expires = os.time() + 100 * 86400 }
    assert.match("^lanyard grant my%-container%-service my%-private%-repo %-%-expires %d+%-%d+%-%S+ %-%-region us%-east%-1$",
      findings(w)[1].fix)
  end)

  it("gives Terraform's remedy where Terraform overwrote it", function()
    local w <close> = overwritten_world(nil, "APN/1.0 HashiCorp/1.0 Terraform/1.9.0")
    assert.match("&& lanyard export %-%-format terraform", findings(w)[1].fix)
  end)

  it("is gone once the grant is restored, and for a role that is disabled", function()
    local w <close> = overwritten_world()
    assert(w.region:disable(SERVICE))
    assert.equal(0, #findings(w))
    local restored <close> = overwritten_world()
    local region = restored.region
    assert(region:grant(assert(region:service(SERVICE)), assert(region:repositories { NAME })[1]))
    assert.equal(0, #findings(restored))
  end)
end)
