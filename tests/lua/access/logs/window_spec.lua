local log_double = require "log_double"
local windows = require "lanyard.access.logs.window"

local START = log_double.START

local function read(w, options)
  local all = { service = "web", container = "app", from = START }
  for name, value in pairs(options or {}) do all[name] = value end
  local events, more, newest = windows.read(w.region, all)
  local messages = {}
  for i, event in ipairs(events or {}) do messages[i] = event.message end
  return messages, more, newest
end

describe("a window of a log", function()
  it("asks for whole seconds, and leaves out what Lightsail returns around it", function()
    local w <close>, double = log_double.world()
    for _, at in ipairs { 1, 1.5, 2, 2.5, 3 } do double:add("app", at, tostring(at)) end
    assert.same({ "1.5", "2" }, (read(w, { from = START + 1.5, to = START + 2.5 })))
    assert.same({ START + 1, START + 3 }, { double.inputs[1].startTime, double.inputs[1].endTime })
  end)

  it("has all pages, also after an empty one, sorted by time and then as Lightsail returned them", function()
    local w <close>, double = log_double.world()
    double.page_size = 1
    for _, text in ipairs { "3 a", "1 b", "3 c", "2 d" } do double:add("app", tonumber(text:match "%d"), text) end
    local messages, more, newest = read(w)
    assert.same({ "1 b", "2 d", "3 a", "3 c" }, messages)
    assert.same({ false, START + 3 }, { more, newest })
    double.empty = true
    assert.same({ "3 a", "3 c" }, (read(w, { from = START + 3 })))
  end)

  it("has an event once if a late one moves it to the next page meanwhile, and equal events all", function()
    local w <close>, double = log_double.world()
    double.page_size = 2
    for i = 1, 5 do double:add("app", 10 + i, tostring(i)) end
    double.hook = function(input)
      if input.pageToken then
        double.hook = nil
        table.insert(double.logs.app, 1, { createdAt = START + 1, message = "late" })
      end
    end
    assert.same({ "late", "1", "2", "3", "4", "5" }, (read(w)))
    double.logs.app = {}
    for _ = 1, 5 do double:add("app", 1, "same") end
    assert.same({ "same", "same", "same", "same", "same" }, (read(w)))
  end)

  it("can be bounded in pages and events, and says that more is left", function()
    local w <close>, double = log_double.world()
    double.page_size = 2
    for i = 1, 9 do double:add("app", i, tostring(i)) end
    local messages, more = read(w, { pages = 2 })
    assert.same({ { "1", "2", "3", "4" }, true }, { messages, more })
    messages, more = read(w, { most = 5 })
    assert.same({ { "1", "2", "3", "4", "5", "6" }, true }, { messages, more })
    assert.is_false(select(2, read(w, { most = 9 })))
  end)

  it("has only events that are accepted", function()
    local w <close>, double = log_double.world()
    for i = 1, 4 do double:add("app", i, tostring(i)) end
    assert.same({ "2", "4" }, (read(w, { accept = function(event) return tonumber(event.message) % 2 == 0 end })))
  end)

  it("fails as Lightsail does, twice with a token that is rejected", function()
    local w <close>, double = log_double.world()
    double.page_size = 1
    double:add("app", 1, "a")
    double:add("app", 2, "b")
    double.fail = function(input) return input.pageToken and log_double.rejected "InvalidInputException" end
    local _, err = read(w)
    assert.equal("InvalidInputException", err.code)
    assert.equal(4, #double.inputs)
    double.fail = function() return log_double.rejected "InvalidInputException" end
    _, err = read(w)
    assert.equal("InvalidInputException", err.code)
    assert.equal(5, #double.inputs)
  end)
end)
