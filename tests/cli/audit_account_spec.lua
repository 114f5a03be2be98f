-- Runs the commands that an audit gives as fixes.

local account = require "audit_account"
local emulator = require "lanyard.emulator"
local helper = require "helper"
local json = require "lanyard.json"
local system = require "lanyard.system"

-- Writes the account to a state file for `lanyard emulate`.
local function state_file(folder)
  local path = folder .. "/state.json"
  local world = assert(emulator.world { seed = account.seed, activation_delay = 0 })
  account.age(world.state, system.time())
  helper.write(path, json.encode(world.state))
  return path
end

local function findings(emulated)
  local result = emulated:run { "audit", "--output", "json" }
  assert.equal("", result.err)
  return json.decode(result.out).findings
end

local function is_command(finding)
  return finding.fix:find "^lanyard " ~= nil
end

describe("the fixes of lanyard audit", function()
  it("resolve every finding that has a command, and cause no new one", function()
    local folder <close> = helper.folder()
    local emulated <close> = helper.emulator { "--activation-delay", "0", "--state", state_file(folder) }
    local environment = { PATH = helper.build .. ":" .. os.getenv "PATH" }
    for name, value in pairs(emulated.environment) do
      environment[name] = value
    end
    local others, commands = {}, 0
    for _, finding in ipairs(findings(emulated)) do
      if is_command(finding) then
        commands = commands + 1
        local result = helper.run({ "sh", "-c", finding.fix }, environment)
        assert.equal(0, result.status, finding.fix .. "\n" .. result.err)
      else
        others[#others + 1] = finding.key
      end
    end
    assert.equal(35, commands)
    local left = {}
    for i, finding in ipairs(findings(emulated)) do
      left[i] = finding.key
    end
    assert.same(others, left)
  end)

  it("depend on the days without a pull", function()
    local folder <close> = helper.folder()
    local emulated <close> = helper.emulator { "--state", state_file(folder) }
    local function unused(days)
      local _, count = emulated:run({ "audit", "--unused-days", days }).out:gsub("unused%-grant:", "")
      return count
    end
    assert.equal(2, unused "80")
    assert.equal(1, unused "90")
    assert.equal(0, unused "95")
    local result = emulated:run { "audit", "--unused-days", "some" }
    assert.equal(2, result.status)
    assert.match("'some' is not a number of days", result.err)
  end)
end)
