local cache = require "lanyard.aws.credentials.cache"
local credentials = require "lanyard.credentials"
local errors = require "lanyard.errors"
local task = require "lanyard.task"

-- A cache with its own clock. The credentials that it fetches are valid for `life` seconds; `world.fails` makes a fetch
-- fail.
local function new(life)
  local world = { now = 1000, count = 0, lines = {}, life = life }
  world.holder = cache.new(function()
    world.count = world.count + 1
    if world.gate then local _ <close> = world.gate:acquire() end
    if world.slow then task.sleep(0.01) end
    if world.fails then return nil, errors.new { code = "AccessDenied", message = "no " .. world.count } end
    return credentials.new {
      access_key_id = "KEY" .. world.count, secret_access_key = "s", source = "test",
      expires = world.life and world.now + world.life,
    }
  end, {
    time = function() return world.now end,
    debug = function(line) world.lines[#world.lines + 1] = line end,
  })
  function world.get()
    local keys, err = world.holder:get()
    return keys and keys.access_key_id, err
  end
  return world
end

-- Returns what n concurrent tasks get.
local function ask_all(world, n)
  local list = {}
  for i = 1, n do list[i] = i end
  return task.map(list, function() return { world.get() } end, { limit = n })
end

describe("cached credentials", function()
  it("are fetched once if they do not expire", function()
    local world = new()
    assert.equal("KEY1", world.get())
    world.now = 1e9
    assert.equal("KEY1", world.get())
    assert.equal(1, world.count)
  end)

  it("are fetched once for all tasks", function()
    local world = new(3600)
    world.slow = true
    for _, answer in ipairs(ask_all(world, 20)) do assert.equal("KEY1", answer[1]) end
    assert.equal(1, world.count)
  end)

  it("are fetched again 15 minutes before they expire, by one task while the others get the current ones", function()
    local world = new(3600)
    world.get()
    world.now = world.now + 3600 - 901
    assert.equal("KEY1", world.get())
    world.now = world.now + 1
    world.slow = true
    local counts = {}
    for _, answer in ipairs(ask_all(world, 10)) do counts[answer[1]] = (counts[answer[1]] or 0) + 1 end
    assert.same({ KEY1 = 9, KEY2 = 1 }, counts)
    assert.equal(2, world.count)
  end)

  it("are waited for by all tasks 10 minutes before the current ones expire", function()
    local world = new(3600)
    world.get()
    world.now = world.now + 3600 - 600
    world.slow = true
    for _, answer in ipairs(ask_all(world, 10)) do assert.equal("KEY2", answer[1]) end
    assert.equal(2, world.count)
  end)

  it("are not fetched for each call if they are valid for only 15 minutes", function()
    local world = new(900)
    world.get()
    world.now = world.now + 600
    assert.equal("KEY1", world.get())
    world.now = world.now + 75 -- a quarter of their validity remains
    assert.equal("KEY2", world.get())
  end)

  it("stay in use while they are valid and new ones cannot be fetched; the failure is logged once, and a fetch tried each minute", function()
    local world = new(3600)
    world.get()
    world.now, world.fails = world.now + 3000, true
    for _ = 1, 5 do assert.equal("KEY1", world.get()) end
    assert.equal(2, world.count)
    world.now = world.now + 60
    assert.equal("KEY1", world.get())
    assert.equal(3, world.count)
    assert.same({ "new credentials could not be fetched (no 2); the current ones are used until 1970-01-01T01:16:40Z" }, world.lines)
    world.now, world.fails = world.now + 60, false
    assert.equal("KEY4", world.get())
  end)

  it("become unusable when they expire, and all waiting tasks get the error of the fetch", function()
    local world = new(3600)
    world.get()
    world.now, world.fails, world.slow = world.now + 3600, true, true
    for _, answer in ipairs(ask_all(world, 10)) do
      assert.is_nil(answer[1])
      assert.equal("no 2", answer[2].message)
    end
    assert.equal(2, world.count)
    local _, err = world.get()
    assert.equal("no 3", err.message)
    world.fails = false
    assert.equal("KEY4", world.get())
  end)

  it("are rejected if they have already expired", function()
    local world = new(0)
    local keys, err = world.holder:get()
    assert.is_nil(keys)
    assert.equal("ExpiredToken", err.code)
    assert.equal("the credentials of test expired at 1970-01-01T00:16:40Z", err.message)
  end)

  it("are fetched again, once for all tasks, when AWS rejects them", function()
    local world = new(3600)
    world.slow = true
    local old = world.holder:get()
    for _ = 1, 3 do world.holder:expire(old) end
    for _, answer in ipairs(ask_all(world, 10)) do assert.equal("KEY2", answer[1]) end
    world.holder:expire(old) -- a task that still holds the old ones gets the new ones
    assert.equal("KEY2", world.get())
    assert.equal(2, world.count)
  end)

  it("do not stay in use when AWS rejects them and new ones cannot be fetched", function()
    local world = new(3600)
    local old = world.holder:get()
    world.holder:expire(old)
    world.fails = true
    local keys, err = world.holder:get()
    assert.is_nil(keys)
    assert.equal("no 2", err.message)
  end)

  it("are fetched by the next waiting task when the fetching task is cancelled", function()
    local world = new(3600)
    world.gate = task.semaphore(1)
    local _ <close> = world.gate:acquire()
    local first = task.spawn(world.get)
    local second = task.spawn(world.get)
    task.sleep(0) -- Now the first one fetches, and the second one is in line.
    assert.equal(1, world.count)
    world.gate = nil
    first:cancel()
    assert.equal("KEY2", second:join())
    assert.equal(2, world.count)
  end)

  it("reach the remaining task when another one stops waiting", function()
    local world = new(3600)
    world.gate = task.semaphore(1)
    world.gate:acquire()
    local first = task.spawn(world.get)
    local _, err = task.timeout(0.001, world.get)
    assert.equal("Timeout", err.code)
    world.gate:release()
    assert.equal("KEY1", first:join())
    assert.equal(1, world.count)
  end)

  it("can be fetched after a fetch that raised an error", function()
    local world = new(3600)
    world.life = "raise" -- arithmetic on it raises an error
    assert.has_error(world.get)
    world.life = 3600
    assert.equal("KEY2", world.get())
  end)
end)
