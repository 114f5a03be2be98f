-- core/bytecode.lua removes the names of local variables and upvalues from the modules in the binary, and nothing else.

local bytecode = dofile "core/bytecode.lua"
local helper = require "helper"

-- Compiles a text as core/embed.lua does, and runs it.
local function run(text, ...)
  local short = bytecode.without_names(string.dump(assert(load(text, "@chunk"))))
  return pcall(assert(load(short, "chunk", "b")), ...)
end

local CODE = [[
local first, list = 1, { "short", ("long"):rep(20), 2.5, 1 << 40, true, false }
for i, value in ipairs(list) do first = first + i + #tostring(value) end
local function outer(...)
  local sum = first + select("#", ...)
  return function() sum = sum + 1; return sum end
end
return outer(1, 2)(), list[2], list[3], list[4]
]]

describe("the modules in the binary", function()
  it("compute the same without the names", function()
    local expected = table.pack(pcall(assert(load(CODE))))
    assert.same(expected, table.pack(run(CODE)))
  end)

  it("are shorter", function()
    local long = string.dump(assert(load(CODE, "@chunk")))
    local short = bytecode.without_names(long)
    assert.is_true(#short < #long)
    assert.is_nil(short:find("outer", 1, true))
    assert.truthy(short:find("tostring", 1, true))
  end)

  it("keep lines, and the names of fields and globals in messages", function()
    for text, message in pairs {
      ["local t = {}\nreturn t.a.b"] = "chunk:2: attempt to index a nil value (field 'a')",
      ["\n\nundefined()"] = "chunk:3: attempt to call a nil value (field 'undefined')",
      ["local up\nreturn (function() return up.x end)()"] = "chunk:2: attempt to index a nil value (upvalue '?')",
      ["local own = nil\nown()"] = "chunk:2: attempt to call a nil value",
    } do
      local ok, err = run(text)
      assert.is_false(ok)
      assert.equal(message, err)
    end
  end)

  it("keep lines that are far apart", function()
    local _, err = run("local x = 1\n" .. ("\n"):rep(5000) .. "error 'far'")
    assert.equal("chunk:5002: far", err)
  end)

  it("are compiled so", function()
    local trace = helper.run { helper.lanyard, "-e", [[print(pcall(require("lanyard.lists").set))]] }
    assert.equal("false\tlanyard.lists:23: attempt to index a nil value\n", trace.out)
  end)

  it("must be bytecode of Lua 5.4", function()
    assert.has_error(function() bytecode.without_names "return 1" end, "not the bytecode of Lua 5.4")
    local text = string.dump(assert(load "return 1"))
    assert.has_error(function() bytecode.without_names(text .. "x") end, "bytecode with an unknown end")
  end)
end)
