local json = require "lanyard.json"
local shorthand = require "lanyard.awscli.shorthand"

-- The AWS CLI 1.45 gives these results (awscli.shorthand).
describe("the shorthand syntax", function()
  for text, expected in pairs {
    ["a=b"] = '{"a":"b"}', ["a=b,c"] = '{"a":["b","c"]}', ["a=b,c=d"] = '{"a":"b","c":"d"}',
    ["a=b,c,d=e,f"] = '{"a":["b","c"],"d":["e","f"]}', ["a=[b,c]"] = '{"a":["b","c"]}', ["a=[]"] = '{"a":[]}',
    ["a={b=c,d=[e,f]},g=h"] = '{"a":{"b":"c","d":["e","f"]},"g":"h"}', ["a=[{b=c},{b=d}]"] = '{"a":[{"b":"c"},{"b":"d"}]}',
    ["a='b,c'"] = '{"a":"b,c"}', ['a="b c",d=e'] = '{"a":"b c","d":"e"}', ["a=b\\,c"] = '{"a":"b,c"}',
    ["a='it\\'s'"] = '{"a":"it\'s"}', ['a="\\"b\\""'] = '{"a":"\\"b\\""}', ["a='b\\\\c'"] = '{"a":"b\\\\c"}',
    ["a='b\\'"] = '{"a":"b\\\\"}', ["a="] = '{"a":""}', ["a=,b=c"] = '{"a":"","b":"c"}', ["=b"] = '{"":"b"}',
    ["a=b=c"] = '{"a":"b=c"}', ["a=b , c = d"] = '{"a":"b","c":"d"}', ["a= [b , c ]"] = '{"a":["b","c"]}',
    ["Key=x,Value=http://a.b/?c=d&e=f"] = '{"Key":"x","Value":"http://a.b/?c=d&e=f"}', ["a=b\nc"] = '{"a":"b\\nc"}',
    ["a.b/c#d:e-f_g=h"] = '{"a.b/c#d:e-f_g":"h"}', ["a={b={c={}}}"] = '{"a":{"b":{"c":{}}}}', ["a=é,ü"] = '{"a":["é","ü"]}',
    ["a=b,'c',\"d\""] = '{"a":["b","c","d"]}', ["a=[b c,'d']"] = '{"a":["b c","d"]}', ["a=b;c"] = '{"a":"b;c"}',
  } do
    it("reads " .. text, function()
      local value, message = shorthand.parse(text)
      assert.is_nil(message)
      assert.equal(expected, json.encode(value))
    end)
  end

  for text, expected in pairs {
    ["a"] = "column 2: '=' expected, the end found", ["a=b,"] = "column 5: a value or a key expected, the end found",
    ["a=[b"] = "column 5: ',' expected, the end found", ["a={b=c"] = "column 7: ',' expected, the end found",
    ["a='b"] = "column 5: a closing ' expected, the end found", ["a==b"] = nil, ["a b=c"] = "column 3: '=' expected, 'b' found",
    ["a=b}"] = "column 4: ',' expected, '}' found", ["a=[b]c"] = "column 6: ',' expected, 'c' found",
    ["a='b'c"] = "column 6: ',' expected, 'c' found", ["a=b,,c"] = "column 5: '=' expected, ',' found",
    ["a={b}"] = "column 5: '=' expected, '}' found", ["a=1,a=2"] = "the key 'a' is given twice",
    ["a=[[b"] = "column 6: ',' expected, the end found", [""] = "column 1: '=' expected, the end found",
  } do
    it("refuses '" .. text .. "' with its column", function()
      local value, message = shorthand.parse(text)
      assert.is_nil(value)
      assert.equal(expected, message:sub(1, #expected))
    end)
  end

  it("takes the text of a file for a key with @", function()
    local function resolve(text)
      return text == "file://x" and "from, a file" or text
    end
    local value = shorthand.parse("a@=file://x,b=file://x,c@={d@=file://x,f=file://x},e@=[file://x,g]", resolve)
    assert.equal('{"a":"from, a file","b":"file://x","c":{"d":"from, a file","f":"file://x"},"e":["from, a file","g"]}',
      json.encode(value))
    local missing, message = shorthand.parse("a@=file://y", function() return nil, "nothing there" end)
    assert.is_nil(missing)
    assert.equal("nothing there", message)
  end)

  it("ends for every text", function()
    local characters = { "a", "=", ",", "[", "]", "{", "}", "'", '"', "\\", " ", "@" }
    local state = 1
    for _ = 1, 5000 do
      local parts = {}
      for i = 1, 12 do
        state = (state * 1103515245 + 12345) % 2147483648
        parts[i] = characters[state // 65536 % #characters + 1]
      end
      local value, message = shorthand.parse(table.concat(parts))
      assert.is_true(type(value) == "table" or type(message) == "string")
    end
  end)
end)
