-- lanyard help environment, compared with the variables and keys that the sources read.

local helper = require "helper"

local page = helper.run({ helper.lanyard, "help", "environment" }).out

local function matches(command, pattern)
  local names = {}
  for line in io.popen(command):lines() do
    for name in line:gmatch(pattern) do
      names[name] = true
    end
  end
  return names
end

describe("lanyard help environment", function()
  it("lists every variable that the sources read", function()
    local count = 0
    for name in pairs(matches([[grep -rhoE '"(AWS|LANYARD|XDG)_[A-Z0-9_]+"' core lua scripts]], '"([%u%d_]+)"')) do
      count = count + 1
      local prefix = name:match "^(AWS_ENDPOINT_URL_)$"
      assert.truthy(page:find(prefix or "%f[%w_]" .. name .. "%f[^%w_]"), name .. " is read and not listed")
    end
    assert.is_true(count > 15)
  end)

  it("lists every key of a profile that is a setting", function()
    local keys = matches([[grep -hoE 'key = "[a-z_]+"' lua/lanyard/aws/settings.lua]], '"([%l_]+)"')
    assert.truthy(keys.retry_mode)
    for name in pairs(keys) do
      assert.truthy(page:find("%f[%w_]" .. name .. "%f[^%w_]"), name .. " is read and not listed")
    end
  end)

  it("fits a terminal", function()
    for line in page:gmatch "[^\n]*" do
      assert.is_true(#line <= 100, line)
    end
  end)
end)
