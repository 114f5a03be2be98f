local helper = require "helper"
local retention = require "lanyard.access.journal.retention"
local system = require "lanyard.system"
local world = require "world"

local DAY = 86400

local function ids(count, first)
  local list = {}
  for i = 1, count do list[i] = ("%017d"):format((first or 0) * 1000000 + i) end
  return list
end

describe("the limits of a journal", function()
  local function with(name, value)
    system.setenv(name, value)
    local _ <close> = setmetatable({}, { __close = function() system.setenv(name, nil) end })
    return retention.limits()
  end

  it("are set by environment variables", function()
    assert.same({ entries = 1000, days = 400 }, retention.limits())
    assert.same({ entries = 5, days = 400 }, with("LANYARD_JOURNAL_ENTRIES", "5"))
    assert.same({ entries = 1000, days = 0 }, with("LANYARD_JOURNAL_DAYS", "0"))
  end)

  it("are rejected before a change if they are not numbers", function()
    for _, value in ipairs { "many", "-1", "1.5", "1e3", "123456789", " 5" } do
      local limits, err = with("LANYARD_JOURNAL_DAYS", value)
      assert.is_nil(limits)
      assert.equal("InvalidSetting", err.code)
      assert.matches("LANYARD_JOURNAL_DAYS is '", err.message)
    end
  end)

  it("leave the newest entries", function()
    local now = 100 * DAY
    assert.equal(0, retention.surplus(ids(10, now), { entries = 10, days = 0 }, now))
    assert.equal(3, retention.surplus(ids(10, now), { entries = 7, days = 0 }, now))
    assert.equal(0, retention.surplus(ids(10), { entries = 0, days = 0 }, now))
    assert.equal(0, retention.surplus({}, { entries = 1, days = 1 }, now))
  end)

  it("leave entries that are young enough", function()
    local list = ids(4, 10 * DAY)
    table.move(ids(2, 20 * DAY), 1, 2, 5, list)
    assert.equal(4, retention.surplus(list, { entries = 0, days = 30 }, 45 * DAY))
    assert.equal(6, retention.surplus(list, { entries = 0, days = 30 }, 60 * DAY))
    assert.equal(0, retention.surplus(list, { entries = 0, days = 30 }, 5 * DAY)) -- the clock was set back
  end)

  it("remove a bounded number at once", function()
    assert.equal(500, retention.surplus(ids(20000), { entries = 1000, days = 0 }, 0))
  end)
end)

describe("a change with a wrong limit", function()
  it("fails before the policy is written", function()
    local emulator <close> = helper.emulator()
    emulator:run { "enable", "my-container-service" }
    local result = emulator:run({ "grant", "my-container-service", "shared-repo" }, { LANYARD_JOURNAL_ENTRIES = "x" })
    assert.equal(1, result.status)
    assert.match("shared%-repo: LANYARD_JOURNAL_ENTRIES is 'x', which is not a number", result.err)
    assert.equal("[]", emulator:run({ "undo", "--list", "--output", "json" }).out:gsub("%s", ""))
  end)

  it("fails before anything is sent that changes something", function()
    local seed = { regions = { ["us-east-1"] = { services = { { name = "off" }, { name = "on", role = true } },
      repositories = { { name = "web" } } } } }
    local w <close> = world.new { seed = seed }
    local service, repository = assert(w.region:service "on"), w:repository "web"
    assert(w.region:grant(service, repository))
    for _, name in ipairs { "LANYARD_JOURNAL_ENTRIES", "LANYARD_JOURNAL_DAYS" } do
      system.setenv(name, "-1")
      local _ <close> = setmetatable({}, { __close = function() system.setenv(name, nil) end })
      w.calls = {}
      for _, change in ipairs {
        function() return w.region:enable "off" end, function() return w.region:disable "on" end,
        function() return w.region:grant(service, repository, { expires = 4000000000 }) end,
        function() return w.region:revoke({ service = service }, repository) end,
      } do
        local result, err = change()
        assert.is_nil(result)
        assert.equal("InvalidSetting", err.code)
        assert.matches("^" .. name .. " is '%-1'", err.message)
      end
      assert.same({}, w.calls)
      assert.is_nil((w.region:undo(repository)))
      assert.equal(0, w:count "SetRepositoryPolicy" + w:count "DeleteRepositoryPolicy")
    end
  end)
end)
