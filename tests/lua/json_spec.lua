local json = require "lanyard.json"

describe("json.decode", function()
  it("distinguishes lists, null, integers and floats", function()
    local value = json.decode '{"list":[],"map":{},"null":null,"int":123456789012345,"float":1.0,"text":"\\u00e9"}'
    assert.is_true(json.is_array(value.list))
    assert.is_false(json.is_array(value.map))
    assert.equal(json.null, value.null)
    assert.equal("integer", math.type(value.int))
    assert.equal("float", math.type(value.float))
    assert.equal("é", value.text)
  end)
  it("rejects a number that no float can hold, wherever it is", function()
    for _, text in ipairs { "1e999", "-1e999", "[1,[2,{}],3e400]", '{"a":[],"b":{"c":[0,9e999]}}' } do
      local value, err = json.decode(text)
      assert.is_nil(value)
      assert.equal("InvalidJson", err.code)
      assert.matches("the number is too large", err.message)
      assert.matches("^-?%de%d+", text:sub(err.offset + 1))
    end
    assert.equal(1.7976931348623157e308, json.decode "1.7976931348623157e308")
    assert.equal(0.0, json.decode "1e-999")
  end)
  it("reports line, column and what was expected", function()
    local value, err = json.decode '{\n  "a": 1,\n  "a": 2\n}'
    assert.is_nil(value)
    assert.equal("InvalidJson", err.code)
    assert.equal(3, err.line)
    assert.equal(3, err.column)
    assert.matches("^line 3, column 3: ", err.message)
  end)
  it("accepts \\u0000 if asked, as data of services can have it", function()
    local text = '{"a\\u0000b":"\\u0000","a":["x\\u0000"]}'
    assert.same({ ["a\0b"] = "\0", a = { "x\0" } }, json.decode(text, { nul = true }))
    assert.equal(text:gsub('{("a\\.*),("a":.*)}', "{%2,%1}"), json.encode(json.decode(text, { nul = true })))
    for _, options in ipairs { {}, { nul = false } } do
      local value, err = json.decode(text, options)
      assert.is_nil(value)
      assert.matches("\\u0000 is not allowed", err.message, 1, true)
    end
    assert.is_nil((json.decode('"\0"', { nul = true }))) -- the byte itself is a control character
    assert.is_nil((json.decode('{"a\\u0000":1,"a\\u0000":2}', { nul = true })))
  end)
  it("returns the order of names if asked", function()
    local value, order = json.decode('{"b":1,"a":{"d":[{"y":1,"x":2},{}],"c":0}}', { order = true })
    assert.same({ "b", "a" }, order[value])
    assert.same({ "d", "c" }, order[value.a])
    assert.same({ "y", "x" }, order[value.a.d[1]])
    assert.same({}, order[value.a.d[2]])
    assert.is_nil(order[value.a.d])
    assert.equal(1, select("#", json.decode("{}", {})))
    assert.equal(1, select("#", json.decode("{}", { order = false })))
    assert.has_error(function() json.decode("{}", { ordre = true }) end)
    assert.equal("InvalidJson", select(2, json.decode("{", { order = true })).code)
    assert.same({ 1, {} }, { json.decode("1", { order = true }) })
  end)
  it("accepts deeper nesting if asked", function()
    local function nested(depth) return ("["):rep(depth) .. ("]"):rep(depth) end
    assert.matches("nested deeper than 64", select(2, json.decode(nested(65))).message)
    assert.equal(nested(128), json.encode(json.decode(nested(128), { deep = true, order = true }), { deep = true }))
    assert.matches("nested deeper than 128", select(2, json.decode(nested(129), { deep = true })).message)
    local value = json.decode(nested(65), { deep = true })
    assert.has_error(function() json.encode(value) end)
  end)
  it("ignores the second result of a function", function()
    assert.same({ a = 1 }, json.decode(("{'a':1}"):gsub("'", '"')))
  end)
end)

describe("json.encode", function()
  it("sorts the names of small and of large objects", function()
    for _, count in ipairs { 2, 31, 32, 33, 200 } do
      local value, names = {}, {}
      for i = 1, count do
        local name = ("%s%d"):format(i % 2 == 0 and "a" or "A", i * 7919 % 1000)
        value[name], names[#names + 1] = i, name
      end
      table.sort(names)
      for i, name in ipairs(names) do
        names[i] = ('"%s":%d'):format(name, value[name])
      end
      assert.equal("{" .. table.concat(names, ",") .. "}", json.encode(value))
      value[1.5] = "x"
      assert.has_error(function() json.encode(value) end, "a table with a key that is a number cannot be encoded as JSON")
    end
  end)

  it("sorts names and preserves lists", function()
    assert.equal('{"a":[],"b":{},"c":[1,2.5,"x"],"d":null,"e":true}',
      json.encode { e = true, d = json.null, c = { 1, 2.5, "x" }, b = {}, a = json.array {} })
  end)
  it("writes what it can read", function()
    local value = { numbers = { 0.1, -1e300, 9007199254740993, 1 / 3 }, text = 'a"\\\n\1é\u{1F600}', empty = json.array {} }
    assert.same(value.numbers, { table.unpack(json.decode(json.encode(value)).numbers) })
    assert.equal(value.text, json.decode(json.encode(value)).text)
    assert.is_true(json.is_array(json.decode(json.encode(value, { pretty = true })).empty))
  end)
  it("raises an error for values that JSON does not have", function()
    local loop = {}
    loop.loop = loop
    for _, value in ipairs { 0 / 0, math.huge, print, { 1, a = 2 }, "\xFF", loop, { [1.5] = 1 } } do
      assert.has_error(function() json.encode(value) end)
    end
  end)
end)
