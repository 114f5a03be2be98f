-- Ten thousand calls to an emulator in another process, which fails every fifth of them.

local aws = require "lanyard.aws"
local credentials = require "lanyard.credentials"
local helper = require "helper"
local http = require "lanyard.http"
local json = require "lanyard.json"
local task = require "lanyard.task"

-- A rule applies to the requests that the rules before it let pass: together they fail 20 %. Every third fault occurs
-- only after the request was carried out.
local FAULTS = {
  { probability = 0.05, throttle = true },
  { probability = 0.05, status = 503 },
  { probability = 0.03, reset = true },
  { probability = 0.03, cut = 20 },
  { probability = 0.03, reset = true, late = true },
  { probability = 0.03, cut = 20, late = true },
}

-- Enough attempts that no call is lost: 0.2 ^ 14 of them would be.
local MAX_ATTEMPTS = 14
local WORKERS, ROUNDS = 40, 50
local CALLS_A_ROUND = 5

-- An emulator with these faults, and a session that counts the requests of each task.
local function start(faults)
  local self = { folder = helper.folder(), requests = {} }
  helper.write(self.folder .. "/faults.json", json.encode(faults))
  self.emulator = helper.emulator("--activation-delay 0 --faults " .. self.folder .. "/faults.json")
  self.session = assert(aws.session {
    region = "us-east-1",
    endpoint_url = self.emulator.url,
    credentials = credentials.new { access_key_id = helper.ACCESS_KEY, secret_access_key = helper.SECRET_KEY },
    transport = function(request)
      local t = task.current() or "none"
      self.requests[t] = (self.requests[t] or 0) + 1
      return http.request(request)
    end,
  })
  return setmetatable(self, { __close = function()
    self.emulator:__close()
    getmetatable(self.folder).__close()
  end })
end

-- Returns how many requests have arrived.
local function arrived(world)
  return tonumber(assert(http.request { url = world.emulator.url .. "/_emulator/calls" }).body)
end

local function policy_text(number)
  return json.encode { Version = "2012-10-17", Statement = { {
    Sid = "n" .. number, Effect = "Allow", Principal = { AWS = "arn:aws:iam::111122223333:root" },
    Action = "ecr:BatchGetImage",
  } } }
end

describe("ten thousand calls with a failure rate of 20 %", function()
  it("all succeed eventually, and a once operation is carried out once", function()
    local world <close> = start(FAULTS)
    local options = { max_attempts = MAX_ATTEMPTS, longest_delay = 0.01 }
    local ecr = assert(world.session:client("ecr", options))
    local sts = assert(world.session:client("sts", options))
    local lightsail = assert(world.session:client("lightsail", options))
    local calls, sent, most = 0, 0, 0

    -- Makes a call in this task. Returns reply | nil, err
    local function call(client, operation, input)
      local t = task.current()
      world.requests[t] = 0
      local reply, err = client:call(operation, input)
      calls, sent, most = calls + 1, sent + world.requests[t], math.max(most, world.requests[t])
      if err then
        assert.equal(world.requests[t], err.attempts)
      end
      return reply, err
    end

    -- Creates a repository, then sets several policies and reads each back.
    local existed = 0
    local function work(number)
      local name = "soak-" .. number
      local created, err = call(ecr, "CreateRepository", { repositoryName = name })
      if not created then
        -- Only an earlier attempt of this call can have created it, and the error says so.
        assert.equal("RepositoryAlreadyExistsException", err.code)
        assert.is_true(err.earlier.sent)
        existed = existed + 1
      end
      for round = 1, ROUNDS do
        local text = policy_text(round)
        assert.equal(text, assert(call(ecr, "SetRepositoryPolicy", { repositoryName = name, policyText = text })).policyText)
        assert.equal(text, assert(call(ecr, "GetRepositoryPolicy", { repositoryName = name })).policyText)
        assert.equal(name, assert(call(ecr, "DescribeRepositories", { repositoryNames = { name } })).repositories[1].repositoryName)
        assert.equal("111122223333", assert(call(sts, "GetCallerIdentity")).Account)
        assert.equal(1, #assert(call(lightsail, "GetContainerServices")).containerServices)
      end
    end

    local numbers = {}
    for number = 1, WORKERS do numbers[number] = number end
    task.map(numbers, work, { limit = WORKERS })

    assert.equal(WORKERS * (ROUNDS * CALLS_A_ROUND + 1), calls)
    assert.equal(sent, arrived(world))
    assert.is_true(most <= MAX_ATTEMPTS)
    local share = (sent - calls) / sent
    assert.is_true(share > 0.18 and share < 0.22, share .. " of the requests failed")
    assert.is_true(existed < WORKERS / 2, existed .. " repositories were there")

    -- A once operation is sent again only if it was certainly not carried out.
    local number, deployed, doubtful = 0, 0, 0
    while number < 40 or doubtful == 0 do
      number = number + 1
      local reply, err = lightsail:CreateContainerServiceDeployment {
        serviceName = "my-container-service", containers = { web = { image = "nginx:" .. number } },
      }
      if not reply then
        assert.is_true(err.code == "Connection" or err.code == "BodyCut" or err.status == 503, err.code)
      end
      deployed, doubtful = deployed + (reply and 1 or 0), doubtful + (reply and 0 or 1)
    end
    local images = {}
    for _, deployment in ipairs(assert(lightsail:GetContainerServiceDeployments {
      serviceName = "my-container-service" }).deployments) do
      local image = deployment.containers.web.image
      assert.is_nil(images[image], "deployed twice: " .. image)
      images[image] = true
    end
    assert.is_true(deployed > 20 and doubtful > 0)
  end)

  it("do not overload a failing service: retries end with their quota", function()
    for _, faults in ipairs { { status = 500 }, { throttle = true }, { reset = true } } do
      local world <close> = start { faults }
      local ecr = assert(world.session:client("ecr", { max_attempts = 10, longest_delay = 0.001 }))
      local numbers = {}
      for number = 1, 500 do numbers[number] = number end
      task.map(numbers, function()
        local reply, err = ecr:DescribeRepositories()
        assert.is_nil(reply)
        assert.is_true(err.retryable and err.attempts <= 10)
      end, { limit = 32 })
      assert.equal(500 + 500 // 5, arrived(world))
    end
  end)

  it("are signed with the service's time after it is known", function()
    local world <close> = start { { skew = 3600 } }
    local ecr = assert(world.session:client "ecr")
    for _ = 1, 20 do
      assert(ecr:DescribeRepositories())
    end
    assert.equal(21, arrived(world))
  end)
end)
