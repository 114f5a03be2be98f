local errors = require "lanyard.errors"
local metrics = require "lanyard.access.metrics"
local world = require "world"

local START = 1700000400 -- a multiple of 300

-- A world whose GetContainerServiceMetricData is answer(input).
local function world_with(answer)
  local w = world.new()
  local lightsail, inputs = w.region.lightsail, {}
  w.region.lightsail = setmetatable({
    GetContainerServiceMetricData = function(_, input)
      inputs[#inputs + 1] = input
      return answer(input)
    end,
  }, { __index = function(_, name) return function(_, ...) return lightsail[name](lightsail, ...) end end })
  return w, inputs
end

local function read(w, options)
  local all = { since = START, until_time = START + 1500 }
  for name, value in pairs(options or {}) do all[name] = value end
  return w.region:metrics("my-container-service", all)
end

describe("the metrics of a service", function()
  it("are in order of time, with the average, the maximum and the latest value", function()
    local w <close>, inputs = world_with(function(input)
      local factor = input.metricName == "CPUUtilization" and 1 or 10
      return { metricData = {
        { timestamp = START + 600, average = 3 * factor, maximum = 5 * factor },
        { timestamp = START, average = 1 * factor, maximum = 9 * factor },
        { timestamp = START + 1500, average = 99, maximum = 99 }, -- after the interval
        { timestamp = START - 300, average = 99, maximum = 99 },
      } }
    end)
    local result = assert(read(w))
    assert.same({ "CPUUtilization", "MemoryUtilization" }, { inputs[1].metricName, inputs[2].metricName })
    assert.same({ "Average", "Maximum" }, inputs[1].statistics)
    assert.same({ START, START + 1500, 300 }, { result.from, result.to, result.period })
    local cpu, memory = table.unpack(result.metrics)
    assert.same({ { time = START, average = 1, maximum = 9 }, { time = START + 600, average = 3, maximum = 5 } }, cpu.points)
    assert.same({ 2, 9, 3 }, { cpu.average, cpu.maximum, cpu.latest })
    assert.same({ 20, 90, 30 }, { memory.average, memory.maximum, memory.latest })
  end)

  it("are read in calls of at most 1,440 values, and a value on a boundary counts once", function()
    local w <close>, inputs = world_with(function(input)
      return { metricData = { { timestamp = input.startTime, average = 1, maximum = 1 },
        { timestamp = input.endTime, average = 1, maximum = 1 } } }
    end)
    local result = assert(read(w, { until_time = START + 3000 * 300 }))
    assert.equal(6, #inputs)
    for _, input in ipairs(inputs) do
      assert.is_true((input.endTime - input.startTime) / input.period <= 1440)
    end
    assert.equal(3, #result.metrics[1].points)
  end)

  it("begin at a whole period", function()
    local w <close>, inputs = world_with(function() return { metricData = {} } end)
    local result = assert(read(w, { since = START + 7, period = 3600 }))
    assert.equal(0, result.from % 3600)
    assert.equal(result.from, inputs[1].startTime)
    assert.is_nil(result.metrics[1].average)
    assert.is_nil(result.metrics[1].maximum)
    assert.same({}, result.metrics[1].points)
  end)

  it("are the last six hours by default, and the emulator has them", function()
    local w <close> = world.new { seed = { regions = { ["us-east-1"] = { services = {
      { name = "web", age = 86400, metrics = { CPUUtilization = 20 }, containers = { app = { image = "nginx:1" } } } } } } } }
    local result = assert(w.region:metrics "web")
    assert.is_true(result.to - result.from >= 6 * 3600 and result.to - result.from < 6 * 3600 + 300)
    local cpu = result.metrics[1]
    assert.is_true(#cpu.points >= 72 and #cpu.points <= 73)
    assert.is_true(cpu.average > 10 and cpu.average < 30 and cpu.maximum >= cpu.average)
    local halves = assert(w.region:metrics("web", { since = result.to - 86400 * 2, period = 1800 })).metrics[1].points
    assert.is_true(#halves >= 48 and #halves <= 49) -- the service is one day old
  end)

  it("need a service, an interval and whole minutes", function()
    local w <close> = world_with(function() return nil, errors.new { code = "AccessDeniedException", status = 400, message = "no" } end)
    assert.equal("AccessDeniedException", select(2, read(w)).code)
    assert.equal("NotFoundException", select(2, w.region:metrics "nothing").code)
    for _, options in ipairs { { period = 30 }, { period = 90 }, { period = 0 }, { period = 86460 }, { until_time = START },
      { since = 0 }, { period = 60.5 } } do
      local result, err = read(w, options)
      assert.is_nil(result)
      assert.equal("InvalidValue", err.code)
    end
    assert.is_true(metrics.check(START, START + 1, 60))
  end)
end)
