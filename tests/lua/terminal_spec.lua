local helper = require "helper"
local system = require "lanyard.system"

describe("a raw terminal", function()
  it("is refused where there is no terminal", function()
    local folder <close> = helper.folder()
    helper.write(folder .. "/file", "")
    local result = helper.run { helper.lanyard, "-e", [[
      local system = require "lanyard.system"
      local raw, err = system.raw_terminal(0)
      print(raw, err.code, err.message)]] }
    assert.matches("^nil\tSystemError\tcannot read the settings of the terminal: ", result.out)
  end)

  it("checks its arguments", function()
    for _, name in ipairs { "raw_terminal", "read" } do
      for _, value in ipairs { -1, 2 ^ 40, "x", false } do
        assert.has_error(function() system[name](value) end)
      end
    end
  end)
end)

describe("reading a descriptor", function()
  it("returns what is available, and an empty text at the end", function()
    local result = helper.run({ helper.lanyard, "-e", [[
      local system = require "lanyard.system"
      local first = system.read(0)
      print(#first, first:sub(1, 3), system.read(0) == "")]] }, nil, "abc" .. ("d"):rep(97))
    assert.equal("100\tabc\ttrue\n", result.out)
  end)

  it("reports a descriptor that cannot be read", function()
    local nothing, err = system.read(999)
    assert.is_nil(nothing)
    assert.same({ "SystemError", "cannot read the input: Bad file descriptor" }, { err.code, err.message })
  end)
end)
