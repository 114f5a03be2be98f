local errors = require "lanyard.errors"
local json = require "lanyard.json"
local pretty = require "lanyard.text.pretty"

describe("a rendered value", function()
  for text, value in pairs {
    ["12"] = 12,
    ["1.5"] = 1.5,
    ["true"] = true,
    ["{}"] = {},
    ["{ json.null }"] = { json.null },
    ['"a\\"b\\\\c\\n\\t"'] = 'a"b\\c\n\t',
    ['"\\x1b[2J"'] = "\27[2J",
    ['{ 1, "a", { 2 } }'] = { 1, "a", { 2 } },
    ['{ a = 1, ["b c"] = 2, ["end"] = 3 }'] = { a = 1, ["b c"] = 2, ["end"] = 3 },
    ['{ 1, 2, [4] = 4, z = 5, [true] = 6 }'] = { 1, 2, [4] = 4, z = 5, [true] = 6 },
    ["not found"] = errors.new { code = "X", message = "not found" },
  } do
    it("is written as " .. text, function()
      assert.equal(text, pretty.render(value))
    end)
  end

  it("is written on several lines if it does not fit", function()
    assert.equal('{\n  "aaaaaaaa",\n  {\n    b = "cccccccc",\n    d = "eeeeeeee",\n  },\n}',
      pretty.render({ "aaaaaaaa", { b = "cccccccc", d = "eeeeeeee" } }, 20))
  end)

  it("ends at cycles, at deep tables and after 1000 items", function()
    local cycle = { name = "a" }
    cycle.self = cycle
    assert.equal('{ name = "a", self = <cycle> }', pretty.render(cycle))
    local twice = { 1 }
    assert.equal("{ { 1 }, { 1 } }", pretty.render { twice, twice })
    local deep = {}
    for _ = 1, 100000 do deep = { deep } end
    assert.matches("{ %.%.%. }", pretty.render(deep))
    local long = {}
    for i = 1, 5000 do long[i] = i end
    assert.matches("1000,%s+%.%.%. 4000 more,\n}$", pretty.render(long))
  end)

  it("shows no tables in an object", function()
    local object = setmetatable({ name = "a", state = { 1 }, none = {} }, { __index = { method = print } })
    assert.equal('{ name = "a", none = {}, state = { ... } }', pretty.render(object))
    assert.equal('{ { name = "a", none = {}, state = { ... } }, { 1 } }', pretty.render { object, { 1 } })
  end)

  it("calls no metamethods of a table without its own text", function()
    local value = setmetatable({ a = 1 }, { __index = error, __pairs = error, __len = error })
    assert.equal("{ a = 1 }", pretty.render(value))
  end)
end)
