local environment = require "lanyard.environment"
local system = require "lanyard.system"

-- Runs f while a variable has a value, and restores it.
local function with(name, value, f)
  local before = os.getenv(name)
  system.setenv(name, value)
  local _ <close> = setmetatable({}, { __close = function() system.setenv(name, before) end })
  return f()
end

describe("lanyard.environment", function()
  it("returns the value of a variable", function()
    assert.equal("x y", with("LANYARD_TEST_VARIABLE", "x y", function()
      return environment.get "LANYARD_TEST_VARIABLE"
    end))
  end)

  it("treats an empty variable as unset", function()
    assert.is_nil(with("LANYARD_TEST_VARIABLE", "", function() return environment.get "LANYARD_TEST_VARIABLE" end))
    assert.is_nil(environment.get "LANYARD_TEST_VARIABLE_THAT_IS_NOT_SET")
  end)

  it("expands a leading ~/ only", function()
    with("HOME", "/home/50%1", function()
      assert.equal("/home/50%1/.aws/config", environment.expand_home "~/.aws/config")
      assert.equal("/x/~/y", environment.expand_home "/x/~/y")
      assert.equal("~ann/x", environment.expand_home "~ann/x")
    end)
  end)

  it("treats a relative HOME as unset", function()
    for _, value in ipairs { ".", "home", "./x", "" } do
      with("HOME", value, function()
        assert.is_nil(environment.home())
        assert.equal("~/x", environment.expand_home "~/x")
      end)
    end
    assert.equal("/h", with("HOME", "/h", environment.home))
  end)

  it("leaves a path unchanged without HOME", function()
    with("HOME", "", function() assert.equal("~/x", environment.expand_home "~/x") end)
  end)
end)
