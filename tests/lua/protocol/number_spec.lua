local number = require "lanyard.protocol.number"

describe("a number on the wire", function()
  it("is an exact integer of 64 bits", function()
    for text, value in pairs {
      ["0"] = 0, ["-7"] = -7, ["9007199254740993"] = 9007199254740993, ["9223372036854775807"] = math.maxinteger,
      ["-9223372036854775808"] = math.mininteger, ["1.0"] = 1, ["1e3"] = 1000, ["+5"] = 5,
    } do
      assert.equal(value, number.integer(text), text)
      assert.equal("integer", math.type(number.integer(text)))
    end
    assert.equal(1000, number.integer(1e3))
  end)

  it("is not an integer that is not exact", function()
    for _, value in ipairs { "9223372036854775808", "1.5", "", "x", "0x10", "1e300", "nan", 1.5, 2.0 ^ 53, 1e300, 0 / 0, true } do
      assert.is_nil(number.integer(value), tostring(value))
    end
  end)

  it("is a float, also one that is not finite", function()
    assert.equal(1.5, number.float "1.5")
    assert.equal("float", math.type(number.float(3)))
    assert.equal(math.huge, number.float "Infinity")
    assert.equal(-math.huge, number.float "-Infinity")
    local nan = number.float "NaN"
    assert.is_true(nan ~= nan)
    for _, value in ipairs { "", "inf", "nan", "0x1p4", "1.5x", true } do assert.is_nil(number.float(value)) end
  end)

  it("is written so that it reads back equal", function()
    for value, text in pairs {
      [0.1] = "0.1", [1e22] = "1e+22", [-2.5] = "-2.5", [4.0] = "4", [7] = "7", [math.mininteger] = "-9223372036854775808",
      [math.huge] = "Infinity", [-math.huge] = "-Infinity",
    } do
      assert.equal(text, number.text(value))
    end
    assert.equal("NaN", number.text(0 / 0))
    math.randomseed(5)
    for _ = 1, 5000 do
      local value = string.unpack("d", string.pack("i8", math.random(0)))
      if value == value then assert.equal(value, number.float(number.text(value))) end
    end
  end)
end)
