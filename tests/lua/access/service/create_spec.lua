local world = require "world"

local WANTS = { power = "nano", scale = 2, tags = { env = "test" } }
local BUSY = 'The specified service is in a transition state ("UPDATING") and cannot be created.'

-- Returns a world whose next replies of an operation are lost after the emulator has carried the requests out.
local function lose(w, operation, times)
  w.change = function(name, reply)
    if name == operation and times > 0 then
      times = times - 1
      reply.reset = true
    end
  end
end

describe("creating a service", function()
  it("requests it once, and waits until it is ready", function()
    local w <close> = world.new { activation_delay = 40 }
    local result = assert(w.region:create_service("web", WANTS))
    assert.equal("created", result.kind)
    local service = result.service
    assert.same({ "READY", "nano", 2, { env = "test" } }, { service.state, service.power, service.scale, service.tags })
    assert.is_true(w.passed >= 40 and w.passed < 60)
    assert.equal("unchanged", assert(w.region:create_service("web", WANTS)).kind)
    assert.equal(1, w:count "CreateContainerService")
  end)

  it("waits for the ARN of the role that it asks for", function()
    local w <close> = world.new { activation_delay = 40 }
    local service = assert(w.region:create_service("web", { power = "nano", scale = 1, role = true })).service
    assert.matches("/private%-repo%-access/", service.role.arn)
  end)

  it("joins a service that is being created as asked for", function()
    local w <close> = world.new { activation_delay = 40 }
    assert.equal("requested", assert(w.region:create_service("web", WANTS, { wait = false })).kind)
    local result = assert(w.region:create_service("web", WANTS))
    assert.same({ "unchanged", "READY" }, { result.kind, result.service.state })
    assert.equal(1, w:count "CreateContainerService")
  end)

  it("names each difference of one that exists otherwise, and the commands that change it", function()
    local w <close> = world.new()
    assert(w.region:create_service("web", WANTS))
    local result, err = w.region:create_service("web", { power = "small", scale = 3, role = true, tags = { env = "prod", team = "a b" } })
    assert.is_nil(result)
    assert.equal("ServiceDiffers", err.code)
    assert.matches("power is nano, not small; scale is 2, not 3; puller role is off, not on; tag env is test, not prod; "
      .. "tag team is none, not a b", err.message, 1, true)
    assert.matches("lanyard service update web --power small --scale 3 --tag env=prod --tag 'team=a b' --region us-east-1; "
      .. "lanyard enable web --region us-east-1", err.tip, 1, true)
    assert.equal(1, w:count "CreateContainerService")
  end)

  it("reports a disabled service as different", function()
    local w <close> = world.new()
    assert(w.region:create_service("web", WANTS))
    assert(w.region:update_service("web", { disabled = true }))
    local _, err = w.region:create_service("web", WANTS)
    assert.matches("disabled is yes, not no", err.message)
    assert.matches("%-%-enabled", err.tip)
  end)

  it("keeps tags and settings that are not named", function()
    local w <close> = world.new()
    assert(w.region:create_service("web", WANTS))
    assert.equal("unchanged", assert(w.region:create_service("web", { power = "nano", scale = 2 })).kind)
  end)

  it("completes after a lost reply, and creates one service", function()
    for times = 1, 5 do
      local w <close> = world.new { activation_delay = 20 }
      lose(w, "CreateContainerService", times)
      local result = assert(w.region:create_service("web", WANTS))
      assert.same({ "created", "READY" }, { result.kind, result.service.state })
    end
  end)

  it("sends a request again that did not arrive", function()
    local w <close> = world.new { faults = { { operation = "CreateContainerService", times = 4, status = 503 } } }
    assert.equal("created", assert(w.region:create_service("web", WANTS)).kind)
  end)

  it("fails with the error of the last request, once several had no effect", function()
    local w <close> = world.new { faults = { { operation = "CreateContainerService", every = 1, status = 503 } } }
    local result, err = w.region:create_service("web", WANTS)
    assert.is_nil(result)
    assert.equal(503, err.status)
    assert.equal(9, w:count "CreateContainerService") -- three attempts of three requests
  end)

  it("accepts the service of another writer if it is as asked for, and reports any other one", function()
    for scale, expected in pairs { [2] = "created", [5] = "ServiceDiffers" } do
      local w <close> = world.new()
      local other = w:connect()
      w.before = function(operation)
        if operation == "CreateContainerService" then
          w.before = nil
          assert(other.lightsail:CreateContainerService { serviceName = "web", power = "nano", scale = scale,
            tags = { { key = "env", value = "test" } } })
        end
      end
      local result, err = w.region:create_service("web", WANTS)
      assert.equal(expected, result and result.kind or err.code)
    end
  end)

  it("waits while Lightsail answers that it is busy, and for one that is being deleted", function()
    local w <close> = world.new { faults = { { operation = "CreateContainerService", times = 2,
      error = { code = "InvalidInputException", message = BUSY } } } }
    assert.equal("created", assert(w.region:create_service("web", WANTS)).kind)
    local slow <close> = world.new { activation_delay = 40 }
    assert(slow.region:create_service("web", WANTS))
    assert(slow.region.lightsail:DeleteContainerService { serviceName = "web" })
    assert.equal("would create", assert(slow.region:create_service("web", WANTS, { dry_run = true })).kind)
    assert.equal("created", assert(slow.region:create_service("web", WANTS)).kind)
    assert.equal(2, slow:count "CreateContainerService")
  end)

  it("waits for a service that is not listed yet", function()
    local w <close> = world.new()
    local hidden = 0
    w.change = function(operation, reply)
      if operation == "GetContainerServices" and w:count "CreateContainerService" > 0 and hidden < 4 then
        hidden = hidden + 1
        reply.status, reply.body = 400, '{"__type":"NotFoundException","message":"no"}'
      end
    end
    assert.equal("created", assert(w.region:create_service("web", WANTS)).kind)
  end)

  it("changes nothing in a dry run, if a rule denies it, or for what Lightsail does not accept", function()
    local w <close> = world.new()
    local result = assert(w.region:create_service("web", WANTS, { dry_run = true }))
    assert.equal("would create", result.kind)
    local asked
    local region = w.region:with { permit = function(_, change)
      asked = change
      return nil, { code = "RefusedByRule" }
    end }
    assert.equal("RefusedByRule", select(2, region:create_service("web", WANTS)).code)
    assert.same({ "service", "create", "web", nil, "nano" },
      { asked.on, asked.action, asked.service.name, asked.before, asked.after.power })
    for message, wants in pairs {
      ["needs power and scale"] = {},
      ["needs scale"] = { power = "nano" },
      ["'21' is not a scale"] = { power = "nano", scale = 21 },
      ["'0' is not a scale"] = { power = "nano", scale = 0 },
      ["'1.5' is not a scale"] = { power = "nano", scale = 1.5 },
      ["'' is not a power"] = { power = "", scale = 1 },
      ["a tag needs a key"] = { power = "nano", scale = 1, tags = { [""] = "x" } },
    } do
      local _, err = w.region:create_service("web", wants)
      assert.equal("InvalidValue", err.code, message)
      assert.matches(message, err.message)
    end
    assert.equal("InvalidName", select(2, w.region:create_service("Web!", WANTS)).code)
    assert.equal(0, w:count "CreateContainerService")
  end)

  it("fails after its timeout, and says how to continue", function()
    local w <close> = world.new { activation_delay = 100 }
    local result, err = w.region:create_service("web", WANTS, { timeout = 10 })
    assert.is_nil(result)
    assert.equal("WaiterTimeout", err.code)
    assert.matches("lanyard wait service web", err.tip)
  end)
end)
