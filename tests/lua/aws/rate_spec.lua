local rate = require "lanyard.aws.rate"

-- A clock that advances when all workers sleep; the workers are coroutines.
local function new_world()
  local world = { time = 1000, sleepers = {} }
  world.clock = {
    now = function() return world.time end,
    sleep = function(seconds) coroutine.yield(world.time + seconds) end,
  }
  function world.start(f)
    table.insert(world.sleepers, { at = world.time, thread = coroutine.create(f) })
  end
  function world.run(seconds)
    local stop = world.time + seconds
    while true do
      local first = 1
      for i, sleeper in ipairs(world.sleepers) do
        if sleeper.at < world.sleepers[first].at then first = i end
      end
      local sleeper = world.sleepers[first]
      if not sleeper or sleeper.at > stop then
        world.time = stop
        return
      end
      world.time = sleeper.at
      local ok, at = coroutine.resume(sleeper.thread)
      assert(ok, at)
      sleeper.at = at
      if coroutine.status(sleeper.thread) == "dead" then table.remove(world.sleepers, first) end
    end
  end
  return world
end

-- A service that accepts `per_second` calls per second with bursts of `burst`, and throttles the rest.
local function new_service(world, per_second, burst)
  local service = { accepted = 0, throttled = 0, tokens = burst, at = world.time, per_second = per_second }
  function service.call()
    service.tokens = math.min(burst, service.tokens + (world.time - service.at) * service.per_second)
    service.at = world.time
    if service.tokens < 1 then
      service.throttled = service.throttled + 1
      return false
    end
    service.tokens = service.tokens - 1
    service.accepted = service.accepted + 1
    return true
  end
  return service
end

-- Workers that call without a pause; a call takes 20 ms, and a throttled one `slow` seconds longer. They start together,
-- or within `ramp` seconds.
local function work(world, service, limiter, workers, ramp, slow)
  for i = 1, workers do
    world.start(function()
      world.clock.sleep((ramp or 0) * i / workers)
      while true do
        local sent = limiter:acquire()
        world.clock.sleep(0.02)
        local accepted = service.call()
        world.clock.sleep(accepted and 0 or slow or 0)
        limiter:record(not accepted, sent)
      end
    end)
  end
end

-- Runs for `seconds`. Returns accepted calls per second and the share of throttled calls.
local function watch(world, service, seconds)
  local accepted, throttled = service.accepted, service.throttled
  world.run(seconds)
  accepted, throttled = service.accepted - accepted, service.throttled - throttled
  return accepted / seconds, throttled / (accepted + throttled)
end

describe("the adaptive rate limiter", function()
  for _, limit in ipairs { 2, 10, 50, 200 } do
    it(("finds a limit of %d calls per second and stays just below it"):format(limit), function()
      local world = new_world()
      local service = new_service(world, limit, limit)
      work(world, service, rate.new(world.clock), 32)
      world.run(30)
      local accepted, throttled = watch(world, service, 120)
      assert.is_true(accepted > 0.93 * limit and accepted < 1.01 * limit, accepted .. " a second")
      assert.is_true(throttled < 0.06, throttled .. " throttled")
    end)
  end

  for _, limit in ipairs { 20, 100 } do
    it(("reaches %d calls per second within 5 %% of a token bucket, with less than 1 %% throttled"):format(limit),
      function()
        local world = new_world()
        local service = new_service(world, limit, limit)
        work(world, service, rate.new(world.clock), 16)
        local accepted, throttled = watch(world, service, 10000 / limit)
        assert.is_true(accepted > 0.95 * limit, accepted .. " a second")
        assert.is_true(throttled < 0.01, throttled .. " throttled")
      end)
  end

  for _, limit in ipairs { 20, 100 } do
    it(("makes calls in four Regions within 1 %% of the minimum time at %d calls per second in each"):format(limit),
      function()
        local world, services = new_world(), {}
        for i = 1, 4 do
          services[i] = new_service(world, limit, limit)
          work(world, services[i], rate.new(world.clock), 8, i / 20)
        end
        world.run((10000 - limit) / limit * 1.01)
        for _, service in ipairs(services) do
          assert.is_true(service.accepted >= 10000, service.accepted .. " calls")
        end
      end)
  end

  for _, burst in ipairs { 20, 100 } do
    it(("needs half a second to find a limit of 100 with bursts of %d, and 50 throttled calls"):format(burst), function()
      for i = 1, 10 do
        local world = new_world()
        world.time = world.time + i / 10
        local service = new_service(world, 100, burst)
        work(world, service, rate.new(world.clock), 16, i / 100)
        local accepted, throttled = watch(world, service, 25)
        assert.is_true(25 * accepted > 0.98 * (2500 + burst), accepted .. " a second")
        assert.is_true(throttled < 0.02, throttled .. " throttled")
      end
    end)
  end

  it("learns a low limit that rises", function()
    local world = new_world()
    local service = new_service(world, 5, 5)
    work(world, service, rate.new(world.clock), 8)
    world.run(120)
    service.per_second = 40
    world.run(120)
    local accepted, throttled = watch(world, service, 60)
    assert.is_true(accepted > 36, accepted .. " a second")
    assert.is_true(throttled < 0.04, throttled .. " throttled")
  end)

  it("measures nothing in calls that take no time", function()
    local world = new_world()
    local limiter = rate.new(world.clock)
    limiter:record(true, world.time)
    for _ = 1, 10 do limiter:record(false, world.time) end
    limiter:record(true, world.time)
    assert.is_true(limiter.limit < math.huge)
  end)

  it("leaves few tokens unused after any time", function()
    local world = new_world()
    local service = new_service(world, 100, 100)
    work(world, service, rate.new(world.clock), 8, 0.1)
    world.run(10)
    for _ = 1, 100 do
      world.run(0.5)
      local unused = service.tokens + (world.time - service.at) * 100
      assert.is_true(unused < 20, unused .. " tokens")
    end
  end)

  it("finds a low limit with few throttled calls", function()
    local world = new_world()
    local service = new_service(world, 5, 5)
    work(world, service, rate.new(world.clock), 8)
    local accepted, throttled = watch(world, service, 60)
    assert.is_true(accepted > 4.8, accepted .. " a second")
    assert.is_true(throttled < 0.08, throttled .. " throttled")
  end)

  it("finds the limit if the replies of throttled calls are slow", function()
    local world = new_world()
    local service, limiter = new_service(world, 100, 100), rate.new(world.clock)
    work(world, service, limiter, 32, 0.1, 0.5)
    local accepted = watch(world, service, 25)
    assert.is_true(25 * accepted > 0.97 * 2600, accepted .. " a second")
  end)

  it("keeps most of its rate if one of 500 calls is throttled whatever the rate", function()
    local world = new_world()
    local service, count = new_service(world, 100, 100), 0
    local call = service.call
    function service.call()
      count = count + 1
      return call() and count % 500 ~= 0
    end
    work(world, service, rate.new(world.clock), 8, 0.1)
    local accepted = watch(world, service, 300)
    assert.is_true(accepted > 80, accepted .. " a second")
  end)

  it("recovers quickly from a slow start at any time", function()
    for i = 1, 10 do
      local world = new_world()
      world.time = world.time + i / 10
      local service = new_service(world, 100, 100)
      work(world, service, rate.new(world.clock), 32, 0.8)
      local accepted = watch(world, service, 30)
      assert.is_true(accepted > 92, accepted .. " a second")
    end
  end)

  it("keeps its estimate if the machine pauses now and then", function()
    local world = new_world()
    local service = new_service(world, 20, 20)
    work(world, service, rate.new(world.clock), 4)
    world.run(10)
    local accepted, throttled = service.accepted, service.throttled
    for _ = 1, 100 do
      world.run(4)
      world.time = world.time + 1
      for _, sleeper in ipairs(world.sleepers) do sleeper.at = math.max(sleeper.at, world.time) end
    end
    accepted, throttled = (service.accepted - accepted) / 500, (service.throttled - throttled) / service.accepted
    assert.is_true(accepted > 17, accepted .. " a second")
    assert.is_true(throttled < 0.01, throttled .. " throttled")
  end)

  it("follows a limit that falls and rises", function()
    local world = new_world()
    local service = new_service(world, 100, 20)
    work(world, service, rate.new(world.clock), 32)
    world.run(30)
    service.per_second = 20
    world.run(10)
    local accepted, throttled = watch(world, service, 60)
    assert.is_true(accepted > 18 and accepted < 20.2, accepted .. " a second")
    assert.is_true(throttled < 0.06, throttled .. " throttled")
    service.per_second = 80
    world.run(60)
    accepted = watch(world, service, 60)
    assert.is_true(accepted > 70 and accepted < 80.8, accepted .. " a second")
  end)

  it("does not limit calls while nothing is throttled", function()
    local world = new_world()
    local service = new_service(world, 1e9, 1e9)
    work(world, service, rate.new(world.clock), 10)
    assert.is_true(watch(world, service, 10) > 490)
  end)

  it("releases waiting calls in order, one token each", function()
    local world = new_world()
    local limiter, order = rate.new(world.clock), {}
    world.run(1)
    limiter:record(true, world.time)
    for i = 1, 8 do
      world.start(function()
        limiter:acquire()
        order[#order + 1] = i
      end)
    end
    world.run(5)
    assert.is_true(#order >= 2 and #order <= 4, #order .. " went in five seconds at half a call a second")
    world.run(20)
    assert.same({ 1, 2, 3, 4, 5, 6, 7, 8 }, order)
  end)

  it("is shared by all sessions of an account, for each operation", function()
    local clock = new_world().clock
    local one = rate.limiter("111122223333", "https://a Get", clock)
    assert.equal(one, rate.limiter("111122223333", "https://a Get", clock))
    assert.not_equal(one, rate.limiter("444455556666", "https://a Get", clock))
    assert.not_equal(one, rate.limiter("111122223333", "https://a List", clock))
    assert.not_equal(one, rate.limiter({}, "https://a Get", clock))
  end)

  it("passes the tokens of cancelled calls to the others", function()
    local clock = { passed = 0 }
    function clock.now() return clock.passed end
    function clock.sleep() error("given up", 0) end
    local limiter = rate.new(clock)
    limiter:record(true, 0)
    for _ = 1, 100 do pcall(limiter.acquire, limiter) end
    function clock.sleep(seconds) clock.passed = clock.passed + seconds end
    limiter:acquire()
    assert.is_true(clock.passed <= 2 / limiter.rate, clock.passed)
  end)
end)
