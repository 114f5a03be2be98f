local system = require "lanyard.system"
local types = require "lanyard.cli.types"

describe("the type version", function()
  it("is a whole number, at least 1", function()
    assert.equal(7, types.version.convert "7")
    for _, text in ipairs { "0", "-1", "1.5", "none", "" } do
      local value, message = types.version.convert(text)
      assert.is_nil(value)
      assert.matches("is not a version", message)
    end
  end)
end)

describe("the type expiry", function()
  it("is a time in seconds since 1970, or false for never", function()
    assert.equal(4102444800, types.expiry.convert "2100-01-01")
    assert.is_false(types.expiry.convert "never")
    local in_a_day = types.expiry.convert "1d"
    assert.is_true(math.abs(in_a_day - system.time() - 86400) < 60)
  end)

  it("rejects another text, and a time that has passed", function()
    for _, text in ipairs { "soon", "", "2020-01-01" } do
      local value, message = types.expiry.convert(text)
      assert.is_nil(value)
      assert.is_string(message)
    end
  end)
end)
