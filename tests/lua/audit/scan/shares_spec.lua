local shares = require "lanyard.audit.scan.shares"
local task = require "lanyard.task"

-- Runs targets in parallel, each with its number of calls, and returns the most calls that each had in flight.
local function most_in_flight(calls, work)
  local share, most = shares.new(#work, calls), {}
  task.map(work, function(count, i)
    local flying = 0
    most[i] = 0
    share:run(function(gate)
      local list = {}
      for n = 1, count do
        list[n] = n
      end
      task.map(list, function()
        local _ <close> = gate:acquire()
        flying = flying + 1
        most[i] = math.max(most[i], flying)
        task.sleep(0)
        flying = flying - 1
      end, { limit = calls })
    end)
  end)
  return most
end

describe("the shares of targets", function()
  it("give a single target all calls", function()
    assert.same({ 16 }, most_in_flight(16, { 40 }))
  end)

  it("give each target at least eight calls, however many targets there are", function()
    local work = {}
    for i = 1, 10 do work[i] = 10 end
    for _, most in ipairs(most_in_flight(16, work)) do
      assert.equal(8, most)
    end
  end)

  it("widen when other targets end", function()
    local most = most_in_flight(16, { 1, 200 })
    assert.equal(1, most[1])
    assert.equal(16, most[2])
  end)

  it("return what the function returns, and end also after an error", function()
    local share = shares.new(2, 16)
    assert.same({ 1, 2 }, { share:run(function() return 1, 2 end) })
    assert.is_false((pcall(share.run, share, function() error "bad" end)))
    assert.equal(0, share.left)
  end)
end)
