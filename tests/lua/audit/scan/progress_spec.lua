local fleet = require "fleet"
local http = require "lanyard.http"
local progress = require "lanyard.audit.scan.progress"
local scanner = require "lanyard.audit.scan.scanner"
local targets = require "lanyard.audit.scan.targets"

-- Returns a meter and a function that sets its clock.
local function at_zero()
  local time = 0
  return progress.meter(function() return time end), function(seconds) time = seconds end
end

local function throttled(reply)
  local meter = at_zero()
  meter:count(reply)
  return meter.throttled == 1
end

describe("the progress of an audit", function()
  it("shows repositories, targets, calls per second and the remaining time", function()
    local meter, set = at_zero()
    assert.equal("0/0+ repositories, 0 calls/s, 0 throttled", meter:line())
    local parts = meter:targets(4)
    parts[1].known, parts[1].done, parts[1].ended = 10, 10, true
    parts[2].known, parts[2].done = 100, 50
    for _ = 1, 60 do meter:count { status = 200 } end
    set(30)
    assert.equal("60/110+ repositories, 1/4 targets, 2 calls/s, 0 throttled, 50 s left", meter:line())
    parts[3].ended, parts[4].ended = true, true
    set(300)
    assert.equal("60/110 repositories, 3/4 targets, 0 calls/s, 0 throttled, 43 s left", meter:line())
    parts[2].done, parts[2].ended = 100, true
    assert.equal("110/110 repositories, 4/4 targets, 0 calls/s, 0 throttled", meter:line())
  end)

  it("omits a single target, and shows long times in minutes and hours", function()
    local meter, set = at_zero()
    local part = meter:targets(1)[1]
    part.known, part.done = 100, 10
    set(60)
    assert.equal("10/100 repositories, 0 calls/s, 0 throttled, 9 min left", meter:line())
    set(2400)
    assert.match("6%.0 h left$", meter:line())
  end)

  it("measures the calls of the last seconds, not since the start", function()
    local meter, set = at_zero()
    for second = 1, 20 do
      for _ = 1, second <= 10 and 100 or 10 do meter:count { status = 200 } end
      set(second)
      meter:line()
    end
    assert.match(" 10 calls/s", meter:line())
  end)

  it("recognizes replies that ask for fewer calls", function()
    assert.is_true(throttled { status = 400, headers = {}, body = '{"__type":"com.amazon#ThrottlingException"}' })
    assert.is_true(throttled { status = 400, headers = { ["x-amzn-errortype"] = "ThrottlingException:http://x/" }, body = "{}" })
    assert.is_true(throttled { status = 400, headers = {}, body = "<Error><Code>Throttling</Code></Error>" })
    assert.is_true(throttled { status = 429, headers = {}, body = "" })
    assert.is_false(throttled { status = 400, headers = {}, body = '{"__type":"AccessDeniedException"}' })
    assert.is_false(throttled { status = 200, headers = {}, body = '{"__type":"ThrottlingException"}' })
    assert.is_false(throttled(nil))
  end)

  it("is counted while targets are scanned, including failed targets", function()
    local accounts <close> = fleet.new { [fleet.ACCOUNT] = { regions = {
      ["us-east-1"] = { repositories = { { name = "a-1" }, { name = "b-2" } } },
    } } }
    accounts.refuse = function(operation, region)
      return operation == "DescribeRepositories" and region == "eu-west-2"
        and { code = "ThrottlingException", message = "slowly" } or nil
    end
    local meter = progress.meter()
    local transport = scanner.transport(4, http.request, meter)
    scanner.run(targets.expand { regions = { "us-east-1", "eu-west-1", "eu-west-2" }, open = accounts:opener { transport = transport } },
      { meter = meter })
    assert.match("^2/2 repositories, 3/3 targets, %d+ calls/s, 1 throttled$", meter:line())
    assert.equal(#accounts.calls, meter.calls)
  end)

  it("has a tally, once a target is listed", function()
    local meter = at_zero()
    assert.is_nil(meter:tally())
    local parts = meter:targets(3)
    parts[1].known, parts[1].done = 100, 50
    parts[2].known, parts[2].done = 20, 20
    assert.equal("70 of 120 repositories were read, in 2 of 3 targets", meter:tally())
  end)
end)
