-- The logs of containers that run: lines that a program prints again and again, pages, and windows of time.

local json = require "lanyard.json"
local world = require "world"

local CONTAINERS = { app = { image = ":web.app.1", ports = { ["80"] = "HTTP" }, environment = { NAME = "shop" } } }

local function new(options)
  local service = { name = "web", images = { { label = "app", log = { "up" }, prints = "$NAME $COUNT $HOME", every = 10 } }, containers = CONTAINERS }
  for name, value in pairs(options or {}) do service[name] = value end
  return world.new { activation_delay = 0, seed = { regions = { ["us-east-1"] = { services = { service } } } } }
end

describe("the log of a container", function()
  local function events(w, input)
    local all = { serviceName = "web", containerName = "app" }
    for name, value in pairs(input or {}) do all[name] = value end
    local list = {}
    for event in w.region.lightsail:each("GetContainerLog", "logEvents", all) do list[#list + 1] = event end
    return list
  end
  local function messages(w, input)
    local list = {}
    for i, event in ipairs(events(w, input)) do list[i] = event.message end
    return list
  end

  it("grows while the container runs, and later pages continue where a page ended", function()
    local w <close> = new()
    assert.equal(4, #messages(w))
    w.passed = 35
    local all = messages(w)
    assert.equal(7, #all)
    assert.same({ "shop 1 $HOME", "shop 2 $HOME", "shop 3 $HOME" }, { all[5], all[6], all[7] })
    w.passed = 10 * 120 + 5
    local seen = {}
    for _, event in ipairs(events(w)) do
      assert.is_nil(seen[event.message:match "shop (%d+)" or event])
      seen[event.message:match "shop (%d+)" or event] = true
    end
    for i = 1, 120 do assert.is_true(seen[tostring(i)], i) end
  end)

  it("continues from a token without loss or repeat while new events arrive", function()
    local w <close> = new { age = 3600 }
    local list, token = {}, nil
    repeat
      local reply = assert(w.region.lightsail:GetContainerLog { serviceName = "web", containerName = "app", pageToken = token })
      for _, event in ipairs(reply.logEvents) do list[#list + 1] = event.message:match "shop (%d+)" end
      token = reply.nextPageToken
      w.passed = w.passed + 20
    until not token
    for i, number in ipairs(list) do assert.equal(tostring(i), number) end
    assert.truthy(#list >= 360)
  end)

  it("has the events of a window of time", function()
    local w <close> = new { age = 1000 }
    local now = w:time()
    for _, event in ipairs(events(w, { startTime = now - 100, endTime = now - 50 })) do
      assert.truthy(event.createdAt >= now - 100 and event.createdAt <= now - 50)
    end
    assert.equal(5, #events(w, { startTime = now - 100, endTime = now - 50 }))
    assert.equal(0, #events(w, { startTime = now + 5 }))
    assert.same({ "shop 7 $HOME" }, messages(w, { filterPattern = '"shop 7 "' }))
    local _, err = w.region.lightsail:GetContainerLog { serviceName = "web", containerName = "app", filterPattern = "a-b" }
    assert.equal("InvalidInputException", err.code)
  end)

  it("has no events that are older than four days", function()
    local w <close> = new { age = 10 * 86400 }
    local first = events(w, { endTime = w:time() - 4 * 86400 + 100 })
    assert.truthy(#first >= 9 and #first <= 10)
    assert.truthy(first[1].createdAt >= w:time() - 4 * 86400 - 1)
  end)

  it("stops with the next deployment, and while the service is disabled", function()
    local w <close> = new()
    w.passed = 25
    assert(w.region.lightsail:UpdateContainerService { serviceName = "web", isDisabled = true })
    w.passed = 55
    assert(w.region.lightsail:UpdateContainerService { serviceName = "web", isDisabled = false })
    w.passed = 75
    local all = messages(w)
    assert.same({ "shop 2 $HOME", "shop 6 $HOME", "shop 7 $HOME" }, { all[6], all[7], all[8] })
    assert(w.region.lightsail:CreateContainerServiceDeployment { serviceName = "web", containers = { app = { image = "nginx" } } })
    w.passed = 200
    all = messages(w)
    assert.equal(11, #all)
    assert.matches("^%[deployment:2%] Reached a steady state$", all[11])
  end)

  it("rejects tokens that it did not return", function()
    local w <close> = new()
    for _, token in ipairs { "", "x", "page-2", ("0"):rep(300), "30", ("1 2 3"):gsub(".", function(c) return ("%02x"):format(c:byte()) end) .. "0" } do
      local reply, err = w.region.lightsail:GetContainerLog { serviceName = "web", containerName = "app", pageToken = token }
      assert.is_nil(reply, token)
      assert.equal("InvalidInputException", err.code)
    end
    local huge = ("0x1p+1 1 99999999999999999999999"):gsub(".", function(c) return ("%02x"):format(c:byte()) end)
    assert.is_nil((w.region.lightsail:GetContainerLog { serviceName = "web", containerName = "app", pageToken = huge }))
  end)

  it("survives the state file", function()
    local w <close> = new { age = 100 }
    local before = json.encode(events(w, { endTime = w:time() - 10 }))
    local at = w:time()
    w.world.state = assert(json.decode(json.encode(w.world.state)))
    assert.equal(before, json.encode(events(w, { endTime = at - 10 })))
  end)
end)
