local audit = require "lanyard.audit"
local world = require "world"

local NAME = "my-private-repo"
local AGAIN = "lanyard audit my-private-repo --region us-east-1"

-- Returns the finding about a policy that cannot be read because of a fault of the emulator.
local function finding(fault)
  fault.operation = "GetRepositoryPolicy"
  local w <close> = world.new { faults = { fault } }
  local found = assert(audit.run(w.region, { globs = { NAME } })).findings
  assert.equal(1, #found)
  assert.equal("unreadable-policy", found[1].id)
  return found[1]
end

local function denied(message)
  return { error = { code = "AccessDeniedException", status = 400, message = "User: arn:aws:iam::111122223333:user/operator "
    .. "is not authorized to perform: ecr:GetRepositoryPolicy on resource: "
    .. "arn:aws:ecr:us-east-1:111122223333:repository/my-private-repo " .. message } }
end

describe("unreadable-policy", function()
  it("names the permissions when one is missing", function()
    local fix = finding(denied "because no identity-based policy allows the ecr:GetRepositoryPolicy action").fix
    assert.equal("allow the actions that `lanyard permissions` prints, then run: " .. AGAIN, fix)
  end)

  it("names the policy to change when another kind does not allow the call", function()
    assert.equal("allow the action in the policy of the VPC endpoint that the request passes, or call AWS without that endpoint, "
      .. "then run: " .. AGAIN, finding(denied "because no VPC endpoint policy allows the ecr:GetRepositoryPolicy action").fix)
    assert.matches("^allow the caller in the policy of the repository 'my%-private%-repo' or the registry policy",
      finding(denied "because no resource-based policy allows the ecr:GetRepositoryPolicy action").fix)
  end)

  it("names the Deny when one applies, because no permission helps against it", function()
    local fix = finding(denied "with an explicit deny in a service control policy").fix
    assert.equal("exempt the caller from the Deny that the message names, then run: " .. AGAIN, fix)
  end)

  it("repeats the audit after throttling, a failing server and a broken connection", function()
    assert.equal(AGAIN, finding({ throttle = true }).fix)
    assert.equal(AGAIN, finding({ status = 503 }).fix)
    assert.equal(AGAIN, finding({ reset = true }).fix)
  end)

  it("checks the settings after another error, such as an expired session", function()
    assert.equal("lanyard doctor --region us-east-1 && " .. AGAIN,
      finding({ error = { code = "InvalidClientTokenId", status = 403, message = "The token is invalid" } }).fix)
  end)

  it("asks for a correction when the text is not a policy", function()
    local w <close> = world.new()
    w:put(NAME, "no policy at all")
    assert.equal("correct the policy of my-private-repo manually: its text is not a policy",
      assert(audit.run(w.region, { globs = { NAME } })).findings[1].fix)
  end)
end)
