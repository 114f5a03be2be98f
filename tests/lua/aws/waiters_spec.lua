local aws = require "lanyard.aws"
local credentials = require "lanyard.credentials"
local errors = require "lanyard.errors"
local json = require "lanyard.json"
local services = require "lanyard.aws.services"
local waiters = require "lanyard.aws.waiters"

-- A Lightsail client that gets these replies one after another (for an error: its code), and the last one from then on.
-- Its clock advances by sleeping. Returns the client and the pauses.
local function lightsail(answers)
  local count, slept, now = 0, {}, 0
  local session = assert(aws.session {
    region = "us-east-1",
    credentials = credentials.new { access_key_id = "AKIDEXAMPLE", secret_access_key = "s" },
    transport = function()
      count = count + 1
      local answer = answers[math.min(count, #answers)]
      if errors.is(answer) then return nil, answer end
      return { status = type(answer) == "string" and 400 or 200, headers = {}, elapsed = 0,
        body = json.encode(type(answer) == "string" and { __type = answer, message = "m" } or answer) }
    end,
  })
  local clock = {
    now = function() return now end, time = function() return now end, random = function() return 1 end,
    sleep = function(seconds)
      slept[#slept + 1] = seconds
      now = now + seconds
    end,
  }
  return assert(session:client("lightsail", { clock = clock, max_attempts = 1 })), slept
end

local function state(name, code, role)
  return { containerServices = { { state = name, stateDetail = code and { code = code },
    privateRegistryAccess = role and { ecrImagePullerRole = role } } } }
end

local function deployments(...)
  local list = {}
  for version, name in ipairs { ... } do list[version] = { version = version, state = name } end
  return { deployments = list }
end

local WEB = { serviceName = "web" }

describe("a waiter", function()
  it("waits with growing pauses while a change is in progress, and returns the matching reply", function()
    local client, slept = lightsail { state "PENDING", state "UPDATING", state "DEPLOYING", state "UPDATING",
      state "UPDATING", state "RUNNING" }
    local reply = assert(client:wait("ServiceActive", WEB))
    assert.equal("RUNNING", reply.containerServices[1].state)
    assert.same({ 2, 4, 8, 15, 15 }, slept)
  end)

  it("fails if the state cannot be reached, and reports the last reply", function()
    for _, last in ipairs { state "DELETING", state("PENDING", "UNKNOWN_ERROR"), state "DISABLED" } do
      local client = lightsail { state "UPDATING", last }
      local reply, err = client:wait("ServiceActive", WEB)
      assert.is_nil(reply)
      assert.equal("WaiterFailed", err.code)
      assert.matches("ServiceActive of lightsail: the state cannot be reached any more; last reply: state is %u+, code is %w+", err.message)
      assert.equal(last.containerServices[1].state, err.reply.containerServices[1].state)
    end
    assert(lightsail { state "DISABLED" }:wait("ServiceSettled", WEB))
  end)

  it("gives up at the deadline, not after it", function()
    local client, slept = lightsail { state "UPDATING" }
    local _, err = client:wait("ServiceActive", WEB, { timeout = 20 })
    assert.equal("WaiterTimeout", err.code)
    assert.equal("ServiceActive of lightsail: not reached within 20 s; last reply: state is UPDATING, code is absent", err.message)
    local sum = 0
    for _, seconds in ipairs(slept) do sum = sum + seconds end
    assert.equal(20, sum)
  end)

  it("retries after a temporary error, and returns any other", function()
    local reset = errors.new { code = "Connection", message = "reset", retryable = true, sent = true }
    assert(lightsail { reset, "ThrottlingException", state "READY" }:wait("ServiceActive", WEB))
    local _, err = lightsail { "AccessDeniedException" }:wait("ServiceActive", WEB)
    assert.equal("AccessDeniedException", err.code)
    _, err = lightsail { reset }:wait("ServiceActive", WEB, { timeout = 5 })
    assert.equal("WaiterTimeout", err.code)
    assert.matches("last reply: lightsail:GetContainerServices: reset", err.message)
    assert.equal("Connection", err.cause.code)
  end)

  it("waits until the role is on, has an ARN and the service has left UPDATING", function()
    local arn = "arn:aws:iam::1:role/r"
    local client, slept = lightsail {
      state "RUNNING", state("UPDATING", nil, { isActive = true, principalArn = arn }),
      state("RUNNING", nil, { isActive = true, principalArn = "" }),
      state("RUNNING", nil, { isActive = false, principalArn = arn }),
      state("RUNNING", nil, { isActive = true, principalArn = arn }),
    }
    assert(client:wait("RoleActive", WEB))
    assert.equal(4, #slept)
  end)

  it("reads the given deployment, or the newest one, in any order of the list", function()
    local client = lightsail { { deployments = { { version = 2, state = "ACTIVE" }, { version = 3, state = "FAILED" },
      { version = 1, state = "INACTIVE" } } } }
    assert.equal("WaiterFailed", select(2, client:wait("DeploymentActive", WEB)).code)
    assert(client:wait("DeploymentActive", WEB, { version = 2 }))
    assert.equal("WaiterTimeout", select(2, client:wait("DeploymentActive", WEB, { version = 9, timeout = 1 })).code)
    local slept
    client, slept = lightsail { deployments(), deployments("ACTIVE", "ACTIVATING"), deployments("INACTIVE", "ACTIVE") }
    assert(client:wait("DeploymentActive", WEB))
    assert.equal(2, #slept)
  end)

  it("accepts an error as success or as failure", function()
    services.add {
      name = "gone", protocol = "json", version = "1.1", target = "Gone", operations = "Get name",
      waiters = [[
        Gone Get every 1 to 1 for 10
          success error NotFoundException
          failure error AccessDeniedException
      ]],
    }
    local answers = { "NotFoundException", "AccessDeniedException" }
    for i, code in ipairs { "success", "WaiterFailed" } do
      local session = lightsail({ answers[i] }).session
      local reply, err = assert(session:client("gone", { max_attempts = 1 })):wait("Gone", { name = "n" })
      assert.equal(code, reply and "success" or err.code)
    end
  end)

  it("raises for an unknown waiter, and for missing members of its operation", function()
    local client = lightsail { state "READY" }
    local ok, why = pcall(function() return client:wait("ServiceActiv", WEB) end)
    assert.is_false(ok)
    assert.matches("did you mean ServiceActive%?", why)
    ok, why = pcall(function() return client:wait("DeploymentActive", {}) end)
    assert.is_false(ok)
    assert.matches("requires serviceName", why)
  end)
end)

describe("the engine of waiters", function()
  it("grows its pauses up to the longest one, and ends at the deadline", function()
    local now, slept = 0, {}
    local clock = { now = function() return now end, sleep = function(seconds)
      slept[#slept + 1] = seconds
      now = now + seconds
    end }
    local wait = waiters.new { clock = clock, timeout = 10, pauses = waiters.growing(1, 4, 2) }
    local value, err = wait:poll(function() return "retry" end, function() return "expired" end)
    assert.same({ nil, "expired" }, { value, err })
    assert.same({ 1, 2, 4, 3 }, slept)
  end)
end)
