local memories = require "lanyard.access.logs.memory"

local function events(...)
  local list = {}
  for i, text in ipairs { ... } do
    local time, message = text:match "^(%S+) (.*)$"
    list[i] = { time = tonumber(time), message = message }
  end
  return list
end

local function texts(list)
  local found = {}
  for i, event in ipairs(list) do found[i] = ("%g %s"):format(event.time, event.message) end
  return found
end

describe("the memory of a log", function()
  it("passes on each event once, and counts equal ones", function()
    local memory = memories.new(0)
    assert.same({ "1 a", "1 a", "1.5 a" }, texts(memory:fresh(events("1 a", "1 a", "1.5 a"))))
    assert.same({}, memory:fresh(events("1 a", "1 a", "1.5 a")))
    assert.same({ "1 a", "2 b" }, texts(memory:fresh(events("1 a", "1 a", "1 a", "1.5 a", "2 b"))))
  end)

  it("reads again from ten minutes before the newest event", function()
    local memory = memories.new(0)
    memory:fresh(events("100 a", "2000 b"))
    memory:forget(2010)
    assert.equal(1400, memory.from)
    assert.same({}, memory:fresh(events "2000 b"))
  end)

  it("reads a silent log again from twenty minutes ago", function()
    local memory = memories.new(0)
    memory:forget(100000)
    assert.equal(98800, memory.from)
  end)

  it("does not skip events after one with a time in the future", function()
    local memory = memories.new(0)
    memory:fresh(events("1000 a", "99999 b"))
    memory:forget(1000)
    assert.equal(400, memory.from)
  end)

  it("forgets whole seconds of a busy log, and never the newest second", function()
    local memory, list = memories.new(0), {}
    for second = 1, 100 do
      for i = 1, 100 do list[#list + 1] = { time = second, message = tostring(i) } end
    end
    memory:fresh(list)
    memory:forget(100)
    assert.equal(51, memory.from)
    local again = {}
    for _, event in ipairs(list) do again[#again + 1] = event.time >= memory.from and event or nil end
    assert.same({}, memory:fresh(again))
    list = {}
    for i = 1, 6000 do list[i] = { time = 101, message = tostring(i) } end
    memory:fresh(list)
    memory:forget(101)
    assert.equal(101, memory.from)
    assert.same({}, memory:fresh(list))
  end)
end)
