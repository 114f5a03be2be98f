local clock = require "lanyard.clock"
local helper = require "helper"
local lock = require "lanyard.lock"
local task = require "lanyard.task"

describe("a lock", function()
  it("is taken by one task at a time", function()
    local folder <close> = helper.folder()
    local order = {}
    task.map({ 1, 2, 3 }, function(number)
      local _ <close> = assert(lock.wait(folder .. "/lock", clock, 10))
      order[#order + 1] = "begin"
      task.sleep(0.01)
      order[#order + 1] = "end " .. number
    end)
    for i = 1, 5, 2 do
      assert.equal("begin", order[i])
      assert.matches("^end ", order[i + 1])
    end
  end)

  it("that stays taken is reported after the timeout", function()
    local folder <close> = helper.folder()
    local _ <close> = assert(lock.wait(folder .. "/lock", clock, 1))
    local now = 0
    local fast = { now = function() return now end, random = function() return 0.5 end,
      sleep = function(seconds) now = now + seconds end }
    local other, err = lock.wait(folder .. "/lock", fast, 3)
    assert.is_nil(other)
    assert.equal("Locked", err.code)
    assert.equal(("another lanyard process has held %s/lock for 3 s"):format(folder), err.message)
    assert.is_true(now >= 3 and now < 4, now)
  end)

  it("in a missing folder is an error", function()
    local taken, err = lock.wait("/nonexistent/lock", clock, 1)
    assert.is_nil(taken)
    assert.matches("/nonexistent/lock", err.message)
  end)
end)
