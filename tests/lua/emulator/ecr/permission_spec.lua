-- Repository and registry policy together, in the scopes V2 and V1: a matrix of deployments that pull, and the calls of
-- the account's operator.

local cloudtrail = require "lanyard.emulator.cloudtrail"
local json = require "lanyard.json"
local world = require "world"

local REPOSITORY = "arn:aws:ecr:us-east-1:111122223333:repository/my-private-repo"
local IMAGE = "111122223333.dkr.ecr.us-east-1.amazonaws.com/my-private-repo:1.0"
local PULL = { "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer" }

local function policy(effect, principal, changes)
  local statement = { Effect = effect, Principal = { AWS = principal }, Action = PULL }
  for name, value in pairs(changes or {}) do statement[name] = value end
  return json.encode { Version = "2012-10-17", Statement = json.array { statement } }
end

local function registry(effect, principal, changes)
  local all = { Resource = REPOSITORY }
  for name, value in pairs(changes or {}) do all[name] = value end
  if all.NotResource then all.Resource = nil end
  return policy(effect, principal, all)
end

-- Deploys an image of the repository and returns the state in which the deployment ends.
local function deploy(w)
  local lightsail = w.region.lightsail
  assert(lightsail:CreateContainerServiceDeployment {
    serviceName = "my-container-service", containers = { app = { image = IMAGE } },
  })
  return assert(lightsail:GetContainerServiceDeployments { serviceName = "my-container-service" }).deployments[1].state
end

describe("a pull from the emulated registry", function()
  local w, role
  before_each(function()
    w = world.new()
    role = w:service().role.arn
  end)
  after_each(function() getmetatable(w).__close(w) end)

  local function set(options)
    local ecr = w.region.ecr
    if options.scope then
      assert(ecr:PutAccountSetting { name = "REGISTRY_POLICY_SCOPE", value = options.scope })
    end
    if options.repository then
      assert(ecr:SetRepositoryPolicy { repositoryName = "my-private-repo", policyText = options.repository })
    end
    if options.registry then
      assert(ecr:PutRegistryPolicy { policyText = options.registry })
    end
  end

  it("is allowed by the repository's policy without a registry policy", function()
    set { repository = policy("Allow", role) }
    assert.equal("ACTIVE", deploy(w))
  end)

  it("is denied by a Deny of the registry policy", function()
    set { repository = policy("Allow", role), registry = registry("Deny", "*") }
    assert.equal("FAILED", deploy(w))
  end)

  it("is denied by a Deny of one of the two actions", function()
    set { repository = policy("Allow", role), registry = registry("Deny", "*", { Action = "ecr:GetDownloadUrlForLayer" }) }
    assert.equal("FAILED", deploy(w))
  end)

  it("is not denied by a Deny for another repository or principal", function()
    set { repository = policy("Allow", role), registry = registry("Deny", "*", { Resource = REPOSITORY .. "-2" }) }
    assert.equal("ACTIVE", deploy(w))
    set { registry = registry("Deny", "444455556666") }
    assert.equal("ACTIVE", deploy(w))
  end)

  it("is denied by a Deny with NotResource for another repository", function()
    set { repository = policy("Allow", role), registry = registry("Deny", "*", { NotResource = REPOSITORY .. "-2" }) }
    assert.equal("FAILED", deploy(w))
  end)

  it("is allowed by the registry policy alone", function()
    set { registry = registry("Allow", role) }
    assert.equal("ACTIVE", deploy(w))
  end)

  it("is allowed by each policy for one action", function()
    set { repository = policy("Allow", role, { Action = "ecr:BatchGetImage" }),
      registry = registry("Allow", role, { Action = "ecr:GetDownloadUrlForLayer" }) }
    assert.equal("ACTIVE", deploy(w))
  end)

  it("is denied by the repository's policy although the registry policy allows it", function()
    set { repository = policy("Deny", role), registry = registry("Allow", role) }
    assert.equal("FAILED", deploy(w))
  end)

  it("has an address of its source, which no network but the whole Internet contains", function()
    local function under(operator, ...)
      local condition = { Condition = { [operator] = { ["aws:SourceIp"] = json.array { ... } } } }
      set { repository = policy("Allow", role), registry = registry("Deny", "*", condition) }
      local state = deploy(w)
      assert(w.region.ecr:DeleteRegistryPolicy())
      return state
    end
    assert.equal("ACTIVE", under("NotIpAddress", "0.0.0.0/0", "::/0"))
    assert.equal("FAILED", under("NotIpAddress", "0.0.0.0/0"))
    assert.equal("FAILED", under("NotIpAddress", "203.0.113.0/24"))
    assert.equal("ACTIVE", under("IpAddress", "203.0.113.0/24"))
  end)

  it("is denied by the registry policy of its own Region only", function()
    set { repository = policy("Allow", role) }
    w.world.region("eu-west-1").registry_policy = { text = registry("Deny", "*", { Resource = "*" }), ids = {} }
    assert.equal("ACTIVE", deploy(w))
  end)

  it("is not subject to the registry policy in scope V1", function()
    set { repository = policy("Allow", role), registry = registry("Deny", "*", { Action = "ecr:*", Resource = "*",
      Condition = { StringNotEquals = { ["aws:PrincipalAccount"] = "111122223333" } } }) }
    assert.equal("FAILED", deploy(w))
    set { scope = "V1" }
    assert.equal("ACTIVE", deploy(w))
    set { registry = registry("Allow", "*", { Action = "ecr:*", Resource = "*" }) }
    assert(w.region.ecr:DeleteRepositoryPolicy { repositoryName = "my-private-repo" })
    assert.equal("FAILED", deploy(w))
  end)
end)

describe("the registry policy", function()
  local w, ecr
  before_each(function()
    w = world.new()
    ecr = w.region.ecr
  end)
  after_each(function() getmetatable(w).__close(w) end)

  local function denied(reply, err)
    assert.is_nil(reply)
    assert.equal("AccessDeniedException", err.code)
    assert.matches("with an explicit deny in a resource%-based policy$", err.message)
    return err.message
  end

  it("applies to every request of scope V2", function()
    assert(ecr:PutRegistryPolicy { policyText = registry("Deny", "*", { Action = { "ecr:DescribeRepositories", "ecr:ListImages",
      "ecr:CreateRepository", "ecr:GetAuthorizationToken", "ecr:ListTagsForResource" }, Resource = "*" }) })
    denied(ecr:DescribeRepositories())
    denied(ecr:DescribeRepositories { repositoryNames = { "shared-repo" } })
    denied(ecr:GetAuthorizationToken())
    denied(ecr:CreateRepository { repositoryName = "new" })
    denied(ecr:ListTagsForResource { resourceArn = REPOSITORY })
    local message = denied(ecr:ListImages { repositoryName = "shared-repo" })
    assert.matches("user/operator is not authorized to perform: ecr:ListImages on resource: "
      .. "arn:aws:ecr:us%-east%-1:111122223333:repository/shared%-repo ", message)
    assert(ecr:DescribeImages { repositoryName = "shared-repo" })
  end)

  it("applies to three actions in scope V1", function()
    assert(ecr:PutAccountSetting { name = "REGISTRY_POLICY_SCOPE", value = "V1" })
    assert(ecr:PutRegistryPolicy { policyText = registry("Deny", "*", { Action = "ecr:*", Resource = "*" }) })
    denied(ecr:CreateRepository { repositoryName = "new" })
    assert(ecr:DescribeRepositories())
    assert(ecr:ListImages { repositoryName = "shared-repo" })
    assert(ecr:DeleteRegistryPolicy())
    assert(ecr:CreateRepository { repositoryName = "new" })
  end)

  it("is refused in scope V1 with other actions", function()
    assert(ecr:PutAccountSetting { name = "REGISTRY_POLICY_SCOPE", value = "V1" })
    local reply, err = ecr:PutRegistryPolicy { policyText = registry("Allow", "444455556666") }
    assert.is_nil(reply)
    assert.equal("Invalid parameter at 'PolicyText' failed to satisfy constraint: 'Invalid registry policy provided'", err.message)
  end)

  it("is refused when a principal does not exist or the text is too long", function()
    local _, err = ecr:PutRegistryPolicy { policyText = registry("Allow", "arn:aws:iam::111122223333:role/nobody") }
    assert.matches("'Principal not found'", err.message)
    _, err = ecr:PutRegistryPolicy { policyText = registry("Allow", "*") .. (" "):rep(10240) }
    assert.equal("InvalidParameterException", err.code)
  end)

  it("is recorded by CloudTrail", function()
    local text = registry("Allow", "444455556666")
    assert(ecr:PutRegistryPolicy { policyText = text })
    assert(ecr:DeleteRegistryPolicy())
    local trail = w.world.trail["us-east-1"]
    local record = json.decode(cloudtrail.event(w.world, trail[1]).CloudTrailEvent)
    assert.equal("PutRegistryPolicy", record.eventName)
    assert.equal(text, record.requestParameters.policyText)
    assert.equal("DeleteRegistryPolicy", cloudtrail.event(w.world, trail[2]).EventName)
  end)
end)
