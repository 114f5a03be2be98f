local json = require "lanyard.json"
local lua_value = require "lanyard.desired.import.lua_value"
local sandbox = require "lanyard.sandbox"

local function read(text)
  return assert(sandbox.value("return " .. text, "value.lua", { prelude = "keep = { keep = true }" }))
end

describe("data as a Lua expression", function()
  it("is read as the same data", function()
    for _, value in ipairs {
      "a", "", 'quote " and \\ and \n\r\0\27 and é', 1, true, {}, { keep = true },
      { name = "web", ["end"] = 1, ["a b"] = { ["80"] = "HTTP" }, list = json.array { "x", json.array { "y" } } },
    } do
      assert.same(value, read(lua_value.write(value, "")))
    end
  end)

  it("writes the members of an order first, and long tables on several lines", function()
    assert.equal('{ name = "web", a = 1 }', lua_value.write({ a = 1, name = "web" }, "", { "name" }))
    assert.equal("{ A = keep }", lua_value.write({ A = { keep = true } }, ""))
    assert.equal("{}", lua_value.write(json.array {}, ""))
    local text = lua_value.write({ one = ("x"):rep(60), two = ("y"):rep(60) }, "  ")
    assert.equal('{\n    one = "' .. ("x"):rep(60) .. '",\n    two = "' .. ("y"):rep(60) .. '",\n  }', text)
  end)

  it("can contain no code", function()
    local text = lua_value.write({ ['x"] = os.exit(), ["'] = '"} os.exit() --' }, "")
    assert.same({ ['x"] = os.exit(), ["'] = '"} os.exit() --' }, read(text))
  end)
end)
