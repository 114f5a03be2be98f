-- GetContainerServiceMetricData.

local json = require "lanyard.json"
local world = require "world"

describe("the metrics of a container service", function()
  local function new(options)
    local service = { name = "web", age = 86400, scale = 2, containers = { app = { image = "nginx" } }, metrics = { CPUUtilization = 50 } }
    for name, value in pairs(options or {}) do service[name] = value end
    return world.new { activation_delay = 0, seed = { regions = { ["us-east-1"] = { services = { service, { name = "idle" } } } } } }
  end
  local w, NOW
  local function get(of, input)
    local all = { serviceName = "web", metricName = "CPUUtilization", startTime = NOW - 3600, endTime = NOW, period = 300,
      statistics = { "Average", "Minimum", "Maximum", "Sum", "SampleCount" } }
    for name, value in pairs(input or {}) do all[name] = value end
    return of.region.lightsail:GetContainerServiceMetricData(all)
  end

  before_each(function()
    w = new()
    NOW = math.floor(w:time()) // 300 * 300
  end)
  after_each(function() getmetatable(w).__close(w) end)

  it("have a sample of each node every five minutes, near the usual value", function()
    local reply = assert(get(w))
    assert.equal("CPUUtilization", reply.metricName)
    assert.equal(12, #reply.metricData)
    for i, point in ipairs(reply.metricData) do
      assert.equal(NOW - 3600 + (i - 1) * 300, point.timestamp)
      assert.same({ 2, "Percent" }, { point.sampleCount, point.unit })
      assert.truthy(point.minimum <= point.average and point.average <= point.maximum)
      assert.truthy(point.average > 20 and point.average < 80)
      assert.truthy(math.abs(point.sum - 2 * point.average) < 1e-9)
    end
    assert.equal(json.encode(reply), json.encode(assert(get(w))))
    assert.not_equal(json.encode(reply.metricData), json.encode(assert(get(w, { metricName = "MemoryUtilization" })).metricData))
  end)

  it("are the same in each emulator", function()
    local other <close> = new()
    assert.equal(json.encode(assert(get(w)).metricData), json.encode(assert(get(other)).metricData))
  end)

  it("aggregate longer periods, and have no finer ones", function()
    local samples = 0
    for _, point in ipairs(assert(get(w, { period = 3600 })).metricData) do
      assert.equal(0, point.timestamp % 3600)
      samples = samples + point.sampleCount
    end
    assert.equal(24, samples)
    assert.equal(12, #assert(get(w, { period = 60 })).metricData)
  end)

  it("have the statistics of the request only", function()
    local point = assert(get(w, { statistics = { "Maximum" } })).metricData[1]
    local names = {}
    for name in pairs(point) do names[#names + 1] = name end
    table.sort(names)
    assert.same({ "maximum", "timestamp", "unit" }, names)
  end)

  it("begin with the first deployment, and end now", function()
    assert.same({}, assert(get(w, { serviceName = "idle" })).metricData)
    assert.same({}, assert(get(w, { startTime = NOW + 60, endTime = NOW + 3600 })).metricData)
    local count = #assert(get(w, { startTime = NOW - 2 * 86400 })).metricData
    assert.truthy(count >= 287 and count <= 289, count)
  end)

  it("stop while the service is disabled", function()
    local off <close> = new { disabled = true }
    assert.same({}, assert(get(off)).metricData)
  end)

  it("are refused for other metrics, statistics, periods and times", function()
    for _, input in ipairs { { metricName = "Requests" }, { statistics = { "p99" } }, { statistics = json.array {} }, { period = 30 }, { period = 86401 },
      { period = 90 }, { period = 61 }, { endTime = NOW - 3600 }, { endTime = NOW - 7200 },
      { startTime = 0, period = 60 }, { startTime = -1e300 }, { endTime = 1e300 } } do
      local reply, err = get(w, input)
      assert.is_nil(reply, json.encode(input))
      assert.equal("InvalidInputException", err.code)
    end
    assert.equal("NotFoundException", select(2, get(w, { serviceName = "absent" })).code)
  end)
end)
