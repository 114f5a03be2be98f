local task = require "lanyard.task"
local watch = require "lanyard.watch"

-- A clock on which time passes when somebody sleeps, or a run takes it.
local function new_clock(random)
  local clock = { at = 1000, slept = {} }
  function clock.now() return clock.at end
  function clock.random() return random or 0.5 end
  function clock.sleep(seconds)
    clock.slept[#clock.slept + 1] = seconds
    clock.at = clock.at + seconds
  end
  return clock
end

-- Runs a watch over runs given as { status, output, seconds } --> status, what was seen
local function run(runs, options)
  local seen = { told = {}, shown = {}, talk = {} }
  local clock = options and options.clock or new_clock()
  local number = 0
  local all = {
    once = function()
      number = number + 1
      local status, output, seconds = table.unpack(runs[number])
      clock.at = clock.at + (seconds or 1)
      return { status = status, output = output or "", errors = "", begun = 1795576500, seconds = seconds or 1,
        ended = "ended with status " .. tostring(status) }
    end,
    every = 10, times = #runs, clock = clock,
    channels = { {
      name = "x", events = { found = true, failed = true, cleared = true },
      send = function(event, what)
        seen.told[#seen.told + 1] = ("%d %s"):format(what.number, event)
        return true
      end,
    } },
    tell = function(line) seen.talk[#seen.talk + 1] = line end,
    show = function(what) seen.shown[#seen.shown + 1] = what.number end,
  }
  for name, value in pairs(options or {}) do all[name] = value end
  return watch.run(all), seen
end

describe("a watch", function()
  it("tells a finding when it is new, when it changes, and when all is well again", function()
    local status, seen = run { { 0 }, { 3, "a" }, { 3, "a" }, { 3, "b" }, { 0 }, { 0 }, { 3, "b" }, { 0 } }
    assert.equal(0, status)
    assert.same({ "2 found", "4 found", "5 cleared", "7 found", "8 cleared" }, seen.told)
  end)

  it("tells a failure when it is new or of another kind, whatever it printed", function()
    local _, seen = run { { 1, "request 1" }, { 1, "request 2" }, { 2 }, { nil }, { 3, "a" }, { 4 } }
    assert.same({ "1 failed", "3 failed", "4 failed", "5 found", "6 failed" }, seen.told)
  end)

  it("does not tell a finding again behind a failure to one who was not told of that", function()
    local told = {}
    run({ { 3, "a" }, { 1 }, { 3, "a" }, { 1 }, { 3, "b" }, { 1 }, { 0 }, { 3, "b" } }, {
      channels = { {
        name = "x", events = { found = true },
        send = function(event, what)
          told[#told + 1] = ("%d %s"):format(what.number, event)
          return true
        end,
      } },
    })
    assert.same({ "1 found", "5 found", "8 found" }, told)
  end)

  it("tells everything but that all is well, where that is asked", function()
    local _, seen = run({ { 3, "a" }, { 3, "a" }, { 1 }, { 1 }, { 0 }, { 0 } }, { always = true })
    assert.same({ "1 found", "2 found", "3 failed", "4 failed", "5 cleared" }, seen.told)
    assert.same({ 1, 2, 3, 4, 5, 6 }, seen.shown)
  end)

  it("does not take the time of a run for a change", function()
    local _, seen = run { { 3, "at 2026-11-25T03:15:00Z: a" }, { 3, "at 2026-11-25T03:15:01Z: a" },
      { 3, "ends 2026-12-31T00:00:00Z: a" }, { 3, "ends 2027-01-31T00:00:00Z: a" } }
    assert.same({ "1 found", "3 found", "4 found" }, seen.told)
  end)

  it("shows an output when it differs from the last, and tells of each run", function()
    local _, seen = run { { 0, "a" }, { 0, "a" }, { 3, "a" }, { 3, "b" } }
    assert.same({ 1, 3, 4 }, seen.shown)
    assert.equal("run 1: ok, ended with status 0 after 1.0 s", seen.talk[1])
    assert.equal("run 2: ok, ended with status 0 after 1.0 s, as before", seen.talk[2])
  end)

  it("tries again to tell what could not be told, and each channel on its own", function()
    local told, broken = {}, true
    local _, seen = run({ { 3, "a" }, { 3, "a" }, { 3, "a" } }, {
      channels = {
        { name = "bad", events = { found = true }, send = function()
          if broken then broken = false return nil, { message = "no route" } end
          told[#told + 1] = "bad"
          return true
        end },
        { name = "good", events = { found = true }, send = function() told[#told + 1] = "good" return true end },
        { name = "other", events = { cleared = true }, send = function() told[#told + 1] = "other" return true end },
      },
    })
    assert.same({ "good", "bad" }, told)
    assert.match("^warning: bad could not be told, and will be after the next run: no route$", seen.talk[2])
  end)

  it("counts from start to start, with jitter, and does not overlap", function()
    for random, pauses in pairs { [0] = { 8, 0, 8 }, [0.5] = { 9, 0, 9 }, [1] = { 10, 0, 10 } } do
      local clock = new_clock(random)
      run({ { 0 }, { 0, "", 25 }, { 0 }, { 0 } }, { clock = clock })
      assert.same(pauses, clock.slept)
    end
  end)

  it("ends when it is told to, with the status of the last run", function()
    assert.equal(3, (run { { 0 }, { 3 } }))
    assert.equal(1, (run { { 4 } }))
    assert.equal(1, (run { { nil } }))
    local status, seen = run({ { 3 }, { 1 }, { 0 }, { 3 } }, { until_ok = true })
    assert.same({ 0, "ended: it is well" }, { status, seen.talk[#seen.talk] })
    status, seen = run({ { 0 }, { 1 }, { 0 } }, { stop_on_failure = true })
    assert.same({ 1, "ended: it failed" }, { status, seen.talk[#seen.talk] })
  end)

  it("ends with 0 on an interrupt between two runs, and passes one in a run on", function()
    local clock = new_clock()
    clock.sleep = function() error(task.cancelled, 0) end
    local status, seen = run({ { 3 }, { 3 } }, { clock = clock })
    assert.same({ 0, "ended, as told" }, { status, seen.talk[#seen.talk] })
    local ok, err = pcall(run, { { 0 } }, { once = function() error(task.cancelled, 0) end })
    assert.is_false(ok)
    assert.equal(task.cancelled, err)
    clock.sleep = function() error("broken", 0) end
    assert.has_error(function() run({ { 0 }, { 0 } }, { clock = clock }) end, "broken")
  end)
end)
