local deployable = require "deployable"
local log_double = require "log_double"

local START = log_double.START

-- Reads logs of the service web, and returns "container message" of each event in order.
local function read(w, options)
  local all = { since = START }
  for name, value in pairs(options or {}) do all[name] = value end
  local result, err = w.region:log_events("web", all)
  local lines = {}
  for i, event in ipairs(result and result.events or {}) do lines[i] = event.container .. " " .. event.message end
  return lines, err, result
end

-- Follows until `count` events have come or `polls` pauses were made. `poll(n)` is called at each pause.
local function follow(w, polls, poll, options)
  local lines, count = {}, 0
  local all = { since = START, follow = true }
  for name, value in pairs(options or {}) do all[name] = value end
  all.each = function(event) lines[#lines + 1] = event.message end
  all.stop = function()
    count = count + 1
    if poll then poll(count) end
    return count >= polls
  end
  local result, err = w.region:log_events("web", all)
  return lines, err, result
end

describe("the logs of a service", function()
  it("are merged in order of time, whatever the order of pages and events", function()
    local w <close>, double = log_double.world(100)
    double.page_size = 2
    for i, at in ipairs { 5, 1, 9, 3, 7 } do double:add("app", at, "a" .. at .. "/" .. i) end
    double:add("side", 4, "s4")
    double:add("side", 6, "s6")
    local expected = { "app a1/2", "app a3/4", "side s4", "app a5/1", "side s6", "app a7/5", "app a9/3" }
    assert.same(expected, read(w))
    double.descending = true
    assert.same(expected, read(w))
  end)

  it("keep the order of Lightsail for events of the same time, and every one of equal events", function()
    local w <close>, double = log_double.world(100)
    double.page_size = 2
    for _, text in ipairs { "b", "a", "a", "a", "b" } do double:add("app", 1, text) end
    assert.same({ "app b", "app a", "app a", "app a", "app b" }, (read(w)))
  end)

  it("have only events from `since` to before `until_time`", function()
    local w <close>, double = log_double.world(100)
    for at = 8, 12 do double:add("app", at, tostring(at)) end
    assert.same({ "app 9", "app 10" }, (read(w, { since = START + 9, until_time = START + 11 })))
    assert.same({}, (read(w, { since = START + 9, until_time = START + 9 })))
    assert.same({}, (read(w, { since = START + 13 })))
  end)

  it("pass the filter to Lightsail", function()
    local w <close>, double = log_double.world()
    read(w, { filter = "?ERROR ?WARN" })
    assert.equal("?ERROR ?WARN", double.inputs[1].filterPattern)
    read(w, { filter = "" })
    assert.is_nil(double.inputs[#double.inputs].filterPattern)
  end)

  it("are read in windows, so that no call returns days of a busy log, and a silent one needs few calls", function()
    local w <close>, double = log_double.world(4 * 86400)
    double:add("app", 0, "first")
    double:add("app", 4 * 86400 - 1, "last")
    assert.same({ "app first", "app last" }, (read(w, { containers = { "app" } })))
    assert.is_true(#double.inputs < 12)
    assert.equal(START, double.inputs[1].startTime)
    assert.is_nil(double.inputs[#double.inputs].endTime) -- an event that is newer than this machine's clock is read, too
  end)

  it("pass on the events of a burst in parts", function()
    local w <close>, double = log_double.world(100000)
    double.page_size = 500
    for i = 1, 30000 do double:add("app", i / 500, ("%05d"):format(i)) end
    local last, count = "", 0
    local result = assert(w.region:log_events("web", { since = START, containers = { "app" }, reveal = true, each = function(event)
      assert(event.message > last)
      last, count = event.message, count + 1
    end }))
    assert.equal(30000, count)
    assert.is_nil(result.events)
    assert.is_true(#double.inputs < 200)
  end)

  it("are of the containers of the running deployment, and of the one in progress or that failed last", function()
    local w <close>, double = log_double.world()
    local _, _, result = read(w)
    assert.same({ "app", "side" }, result.containers)
    double.logs.extra = {}
    assert(w.region.lightsail:CreateContainerServiceDeployment { serviceName = "web",
      containers = { extra = { image = deployable.HOST .. "web:broken" } } })
    _, _, result = read(w)
    assert.same({ "app", "extra", "side" }, result.containers)
    _, _, result = read(w, { containers = { "side", "side" } })
    assert.same({ "side" }, result.containers)
  end)

  it("have neither secrets of environments nor what looks like a secret, unless asked for", function()
    local w <close>, double = log_double.world(10)
    double:add("side", 1, "key " .. deployable.SECRET .. " of AKIAIOSFODNN7EXAMPLE, Authorization: Bearer abcdefghij0123")
    local line = read(w)[1]
    assert.equal("side key *** of AKIA***MPLE, Authorization: Bearer ***", line)
    assert.matches(deployable.SECRET, read(w, { reveal = true })[1], 1, true)
  end)

  it("are read in spite of throttling, and a failure ends after a number of attempts", function()
    local w <close>, double = log_double.world(10)
    double:add("app", 1, "line")
    local failures, retries, ended = 3, 0, 0
    double.fail = function()
      failures = failures - 1
      return failures >= 0 and log_double.throttled() or nil
    end
    local on_retry = function(err, seconds)
      retries, ended = retries + (err and 1 or 0), ended + (err and 0 or 1)
      assert.is_true(not err or seconds >= 1)
    end
    assert.same({ "app line" }, (read(w, { containers = { "app" }, on_retry = on_retry })))
    assert.same({ 3, 1 }, { retries, ended })
    double.fail = log_double.throttled
    local _, err = read(w, { containers = { "app" } })
    assert.equal("ThrottlingException", err.code)
  end)

  it("are read again from the beginning of a window if the token of a page is rejected", function()
    local w <close>, double = log_double.world(10)
    double.page_size = 2
    for i = 1, 5 do double:add("app", i, tostring(i)) end
    local rejections = 1
    double.fail = function(input)
      rejections = rejections - (input.pageToken == "page-3" and 1 or 0)
      return input.pageToken == "page-3" and rejections >= 0 and log_double.rejected "InvalidInputException" or nil
    end
    assert.same({ "app 1", "app 2", "app 3", "app 4", "app 5" }, (read(w, { containers = { "app" } })))
  end)

  it("of other containers are read if one cannot be read", function()
    local w <close>, double = log_double.world(10)
    double:add("app", 1, "line")
    local noted = {}
    local lines, err, result = read(w, { containers = { "app", "apq" }, on_failure = function(container, failure)
      noted[#noted + 1] = container .. " " .. failure.tip
    end })
    assert.is_nil(err)
    assert.same({ "app line" }, lines)
    assert.same({ "apq did you mean 'app'?" }, noted)
    assert.equal("InvalidInputException", result.failed.apq.code)
    local unread, unknown = read(w, { containers = { "zzz" } })
    assert.same({}, unread)
    assert.equal("the service has: app, side", unknown.tip)
  end)

  it("need a service, a deployment and valid names", function()
    local w <close> = log_double.world()
    local _, err = w.region:log_events("wep", {})
    assert.equal("NotFoundException", err.code)
    _, err = w.region:log_events("fresh", {})
    assert.equal("NoDeployment", err.code)
    _, err = w.region:log_events("web", { containers = { "not valid" } })
    assert.equal("InvalidName", err.code)
    assert.error_matches(function() w.region:log_events("web", { follow = true }) end, "follow needs each")
  end)
end)

describe("logs that are followed", function()
  it("have each event once, with equal events of a second, and events that appear on the last page", function()
    local w <close>, double = log_double.world(10)
    double.page_size = 2
    for _ = 1, 3 do double:add("app", 9, "same") end
    local lines = follow(w, 4, function(n)
      if n == 1 then double:add("app", 9, "same") end
      if n == 2 then double:add("app", 9, "other") double:add("side", 12, "later") end
    end)
    assert.same({ "same", "same", "same", "same", "other", "later" }, lines)
  end)

  it("have an event that is late, up to ten minutes", function()
    local w <close>, double = log_double.world(2000)
    double:add("app", 1900, "newest")
    local lines = follow(w, 3, function(n)
      if n == 1 then table.insert(double.logs.app, 1, { createdAt = START + 1301, message = "late" }) end
      if n == 2 then table.insert(double.logs.app, 1, { createdAt = START + 1200, message = "too late" }) end
    end)
    assert.same({ "newest", "late" }, lines)
  end)

  it("continue after failures that can pass, and end at others", function()
    local w <close>, double = log_double.world(10)
    double:add("app", 1, "line")
    local failures = 0
    double.fail = function()
      failures = failures + 1
      return failures > 2 and failures < 50 and log_double.throttled() or nil
    end
    local lines, err = follow(w, 3, function(n)
      if n == 2 then double:add("app", 5, "after") end
    end)
    assert.is_nil(err)
    assert.same({ "line", "after" }, lines)
    double.fail = function() return log_double.rejected "AccessDeniedException" end
    lines, err = follow(w, 3)
    assert.same({}, lines)
    assert.equal("AccessDeniedException", err.code)
  end)

  it("include the containers of a later deployment, without its secrets", function()
    local w <close>, double = log_double.world(10)
    double.logs.extra = {}
    local lines = follow(w, 4, function(n)
      if n ~= 2 then return end
      assert(w.region.lightsail:CreateContainerServiceDeployment { serviceName = "web", containers = {
        app = { image = deployable.HOST .. "web:1.1", environment = { OTHER = "another-secret-value" } },
        extra = { image = "nginx:1" } } })
      double:add("app", 11, "uses another-secret-value")
      double:add("extra", 12, "begins")
    end)
    assert.same({ "uses ***", "begins" }, lines)
  end)

  it("end with an error when the service is deleted", function()
    local w <close>, double = log_double.world(10)
    double:add("app", 1, "line")
    local lines, err = follow(w, 5, function(n)
      if n == 1 then
        assert(w.region.lightsail:DeleteContainerService { serviceName = "web" })
        double.fail = function() return log_double.rejected "NotFoundException" end
      end
    end)
    assert.same({ "line" }, lines)
    assert.equal("NotFoundException", err.code)
    assert.equal("container service 'web' was deleted while its logs were read", err.message)
  end)

  it("end when `each` returns false", function()
    local w <close>, double = log_double.world(10)
    for i = 1, 3 do double:add("app", i, tostring(i)) end
    local count = 0
    assert(w.region:log_events("web", { since = START, follow = true, each = function()
      count = count + 1
      return count < 2
    end }))
    assert.equal(2, count)
  end)

  it("need no more memory for 100,000 events than for 10,000", function()
    local w <close>, double = log_double.world(0)
    double.page_size = 1000
    local sent, count, last, used = 0, 0, 0, {}
    assert(w.region:log_events("web", { since = START, containers = { "app" }, follow = true, reveal = true,
      each = function(event)
        local number = tonumber(event.message:match "%d+")
        assert(number == last + 1)
        last, count = number, count + 1
      end,
      stop = function()
        table.move(double.logs.app, 1001, 3000, 1) -- the double need not keep what is not read again
        for _ = 1, 1000 do
          sent = sent + 1
          double:add("app", sent / 50, ("%06d of a log with lines of about a hundred characters, as programs print them"):format(sent))
        end
        double.advance(20)
        if sent % 10000 == 0 then
          collectgarbage()
          collectgarbage()
          used[#used + 1] = collectgarbage "count"
        end
        return count >= 100000
      end }))
    assert.equal(100000, count)
    assert.is_true(used[10] < used[1] * 1.2 + 500, ("%.0f KiB, then %.0f KiB"):format(used[1], used[10]))
  end)
end)
