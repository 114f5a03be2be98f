local fault_plan = require "lanyard.emulator.fault_plan"

describe("a fault plan", function()
  it("selects requests by service, position and count", function()
    local plan = assert(fault_plan.new({ { service = "ecr", after = 1, every = 2, times = 2, throttle = true } }, math.random))
    local injected = {}
    for i = 1, 8 do injected[i] = plan:next("ecr", "GetRepositoryPolicy") ~= nil end
    assert.same({ false, false, true, false, true, false, false, false }, injected)
    assert.is_nil(plan:next("sts", "GetCallerIdentity"))
  end)

  it("throttles each operation of each Region beyond its rate, once a burst is used up", function()
    local now = 0
    local plan = assert(fault_plan.new({ { service = "ecr", rate = 2, burst = 3 } }, math.random, function() return now end))
    local function passed(operation, region)
      local count = 0
      for _ = 1, 10 do
        local fault = plan:next("ecr", operation, region)
        count = count + (fault and 0 or 1)
        assert.is_true(not fault or fault_plan.exception(fault).code == "ThrottlingException")
      end
      return count
    end
    assert.equal(3, passed("GetRepositoryPolicy", "us-east-1"))
    assert.equal(3, passed("DescribeImages", "us-east-1"))
    assert.equal(3, passed("GetRepositoryPolicy", "eu-west-1"))
    assert.is_nil(plan:next("sts", "GetCallerIdentity", "us-east-1"))
    now = 1
    assert.equal(2, passed("GetRepositoryPolicy", "us-east-1"))
    now = 60
    assert.equal(3, passed("GetRepositoryPolicy", "us-east-1"))
  end)

  it("reports what is wrong with a fault", function()
    for text, faults in pairs {
      ["not a list of faults: it has the member 'throttle'"] = { throttle = true },
      ["not a list of faults: it has the member '3'"] = { { reset = true }, [3] = { reset = true } },
      ["fault 1 .* 'throtle'"] = { { throtle = true } },
      ["fault 2 .* no effect"] = { { reset = true }, { operation = "x" } },
      ["fault 1 .* expected a number"] = { { delay = "1" } },
      ["fault 1 .* has null as delay; expected a number"] = { { delay = require "lanyard.json".null } },
      ["has 1000000000 as status; expected a whole number from 200 to 999"] = { { status = 1000000000 } },
      ["has %-1 as times; expected a whole number of at least 0"] = { { reset = true, times = -1 } },
      ["has 0 as every; expected a whole number of at least 1"] = { { reset = true, every = 0 } },
      ["has 1.5 as after; expected a whole number of at least 0"] = { { reset = true, after = 1.5 } },
      ["has 5 as probability; expected a number from 0 to 1"] = { { reset = true, probability = 5 } },
      ["has %-5 as delay; expected a number of at least 0"] = { { delay = -5 } },
      ["error whose status is not a whole number"] = { { error = { code = "X", status = "500" } } },
      ["error whose message is not a string"] = { { error = { code = "X", message = 7 } } },
      ["fault 1 .* a rate above 0"] = { { rate = 0 } },
      ["fault 2 .* a burst of at least 1 call"] = { { rate = 1 }, { throttle = true, burst = 5 } },
    } do
      local plan, err = fault_plan.new(faults, math.random)
      assert.is_nil(plan)
      assert.matches(text, err.message)
    end
  end)
end)
