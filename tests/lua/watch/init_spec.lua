local task = require "lanyard.task"
local watch = require "lanyard.watch"

-- A clock that advances only when a run or a sleep takes time.
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

-- Runs a watch whose runs are { status, output, seconds }. Returns its status and what was sent, shown and logged.
local function run(runs, options)
  local recorded = { sent = {}, shown = {}, log = {} }
  local clock = options and options.clock or new_clock()
  local number = 0
  local all = {
    once = function()
      number = number + 1
      local status, output, seconds = table.unpack(runs[number])
      clock.at = clock.at + (seconds or 1)
      return { status = status, output = output or "", errors = "", started = 1795576500, seconds = seconds or 1,
        ended = "exited with status " .. tostring(status) }
    end,
    every = 10, times = #runs, clock = clock,
    channels = { {
      name = "x", events = { found = true, failed = true, cleared = true },
      send = function(event, what)
        recorded.sent[#recorded.sent + 1] = ("%d %s"):format(what.number, event)
        return true
      end,
    } },
    log = function(line) recorded.log[#recorded.log + 1] = line end,
    show = function(what) recorded.shown[#recorded.shown + 1] = what.number end,
  }
  for name, value in pairs(options or {}) do all[name] = value end
  return watch.run(all), recorded
end

describe("a watch", function()
  it("notifies of a finding that is new or has changed, and of recovery", function()
    local status, recorded = run { { 0 }, { 3, "a" }, { 3, "a" }, { 3, "b" }, { 0 }, { 0 }, { 3, "b" }, { 0 } }
    assert.equal(0, status)
    assert.same({ "2 found", "4 found", "5 cleared", "7 found", "8 cleared" }, recorded.sent)
  end)

  it("notifies of a failure that is new or has another status, whatever its output", function()
    local _, recorded = run { { 1, "request 1" }, { 1, "request 2" }, { 2 }, { nil }, { 3, "a" }, { 4 } }
    assert.same({ "1 failed", "3 failed", "4 failed", "5 found", "6 failed" }, recorded.sent)
  end)

  it("does not repeat a finding after a failure to a channel that receives no failures", function()
    local sent = {}
    run({ { 3, "a" }, { 1 }, { 3, "a" }, { 1 }, { 3, "b" }, { 1 }, { 0 }, { 3, "b" } }, {
      channels = { {
        name = "x", events = { found = true },
        send = function(event, what)
          sent[#sent + 1] = ("%d %s"):format(what.number, event)
          return true
        end,
      } },
    })
    assert.same({ "1 found", "5 found", "8 found" }, sent)
  end)

  it("notifies of every finding and failure with `always`, but of recovery once", function()
    local _, recorded = run({ { 3, "a" }, { 3, "a" }, { 1 }, { 1 }, { 0 }, { 0 } }, { always = true })
    assert.same({ "1 found", "2 found", "3 failed", "4 failed", "5 cleared" }, recorded.sent)
    assert.same({ 1, 2, 3, 4, 5, 6 }, recorded.shown)
  end)

  it("ignores timestamps of the run itself when it compares outputs", function()
    local _, recorded = run { { 3, "at 2026-11-25T03:15:00Z: a" }, { 3, "at 2026-11-25T03:15:01Z: a" },
      { 3, "ends 2026-12-31T00:00:00Z: a" }, { 3, "ends 2027-01-31T00:00:00Z: a" } }
    assert.same({ "1 found", "3 found", "4 found" }, recorded.sent)
  end)

  it("shows an output that differs from the last one, and logs each run", function()
    local _, recorded = run { { 0, "a" }, { 0, "a" }, { 3, "a" }, { 3, "b" } }
    assert.same({ 1, 3, 4 }, recorded.shown)
    assert.equal("run 1: ok, exited with status 0 after 1.0 s", recorded.log[1])
    assert.equal("run 2: ok, exited with status 0 after 1.0 s, unchanged", recorded.log[2])
  end)

  it("retries a failed notification, for each channel separately", function()
    local sent, broken = {}, true
    local _, recorded = run({ { 3, "a" }, { 3, "a" }, { 3, "a" } }, {
      channels = {
        { name = "bad", events = { found = true }, send = function()
          if broken then broken = false return nil, { message = "no route" } end
          sent[#sent + 1] = "bad"
          return true
        end },
        { name = "good", events = { found = true }, send = function() sent[#sent + 1] = "good" return true end },
        { name = "other", events = { cleared = true }, send = function() sent[#sent + 1] = "other" return true end },
      },
    })
    assert.same({ "good", "bad" }, sent)
    assert.match("^warning: cannot notify bad, will retry after the next run: no route$", recorded.log[2])
  end)

  it("counts from start to start, with jitter, and runs do not overlap", function()
    for random, pauses in pairs { [0] = { 8, 0, 8 }, [0.5] = { 9, 0, 9 }, [1] = { 10, 0, 10 } } do
      local clock = new_clock(random)
      run({ { 0 }, { 0, "", 25 }, { 0 }, { 0 } }, { clock = clock })
      assert.same(pauses, clock.slept)
    end
  end)

  it("stops as its options say, with the status of the last run", function()
    assert.equal(3, (run { { 0 }, { 3 } }))
    assert.equal(1, (run { { 4 } }))
    assert.equal(1, (run { { nil } }))
    local status, recorded = run({ { 3 }, { 1 }, { 0 }, { 3 } }, { until_ok = true })
    assert.same({ 0, "stopped: the command succeeded" }, { status, recorded.log[#recorded.log] })
    status, recorded = run({ { 0 }, { 1 }, { 0 } }, { stop_on_failure = true })
    assert.same({ 1, "stopped: the command failed" }, { status, recorded.log[#recorded.log] })
  end)

  it("stops with 0 on a signal between two runs, and raises one during a run", function()
    local clock = new_clock()
    clock.sleep = function() error(task.cancelled, 0) end
    local status, recorded = run({ { 3 }, { 3 } }, { clock = clock })
    assert.same({ 0, "stopped by a signal" }, { status, recorded.log[#recorded.log] })
    local ok, err = pcall(run, { { 0 } }, { once = function() error(task.cancelled, 0) end })
    assert.is_false(ok)
    assert.equal(task.cancelled, err)
    clock.sleep = function() error("broken", 0) end
    assert.has_error(function() run({ { 0 }, { 0 } }, { clock = clock }) end, "broken")
  end)
end)
