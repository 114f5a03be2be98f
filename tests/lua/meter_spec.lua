local meters = require "lanyard.meter"

-- Returns a meter and a function that sets its clock.
local function at_zero(total)
  local time = 0
  return meters.new { what = "repositories", total = total, now = function() return time end },
    function(seconds) time = seconds end
end

local function steps(meter, count)
  for _ = 1, count do meter:step() end
end

describe("the time that something took", function()
  it("is rounded to the nearest second, not up as an estimate is", function()
    assert.same({ "0 s", "59 s", "3 min 1 s" }, { meters.elapsed(0.4), meters.elapsed(59.4), meters.elapsed(181) })
    assert.equal("4 min", meters.duration(181))
  end)
end)

describe("a meter", function()
  it("shows what is done, the rate and the remaining time", function()
    local meter, set = at_zero(60)
    assert.equal("0/60 repositories", meter:line())
    steps(meter, 12)
    set(3)
    assert.equal("12/60 repositories, 4.0/s, 12 s left", meter:line())
    steps(meter, 48)
    set(6)
    assert.equal("60/60 repositories, 16/s", meter:line())
  end)

  it("knows no remaining time before the total or the first step", function()
    local meter, set = at_zero()
    steps(meter, 2)
    set(1)
    assert.equal("2/? repositories, 2.0/s", meter:line())
    assert.is_nil(meter:tally())
    meter:set_total(4)
    assert.match("^2/4 repositories, .*1 s left$", meter:line())
    assert.equal("2 of 4 repositories were done", meter:tally())
  end)

  it("measures the rate of the last seconds, and the remaining time by the whole", function()
    local meter, set = at_zero(1000)
    for second = 1, 20 do
      steps(meter, second <= 10 and 40 or 10)
      set(second)
      meter:line()
    end
    assert.equal("500/1000 repositories, 10/s, 20 s left", meter:line())
  end)

  it("names durations in seconds, minutes and hours", function()
    local expected = { [0.2] = "1 s", [89] = "89 s", [90] = "2 min", [600] = "10 min", [5400] = "1.5 h" }
    for seconds, text in pairs(expected) do
      assert.equal(text, meters.duration(seconds))
    end
  end)
end)
