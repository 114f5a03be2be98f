-- The AWS JSON protocol.

local json = require "lanyard.json"
local protocol = require "lanyard.protocol.json"
local service_of = require("protocol_case").service

local METADATA = { protocol = "json", jsonVersion = "1.1", targetPrefix = "Thing_20200101" }
local MEMBERS = {
  text = { shape = "String" }, long = { shape = "Long" }, float = { shape = "Double" }, on = { shape = "Boolean" }, blob = { shape = "Blob" },
  time = { shape = "Time" }, iso = { shape = "Time", timestampFormat = "iso8601" }, list = { shape = "Strings" }, map = { shape = "StringMap" },
  nodes = { shape = "Nodes" }, choice = { shape = "Choice" }, any = { shape = "Document" }, named = { shape = "String", locationName = "Named" },
}

local function encode(input, options)
  options = options or { metadata = METADATA }
  local service, operation = service_of(MEMBERS, options)
  return protocol.encode(service, operation, input)
end

local function body(input)
  local request, message = encode(input)
  return request and request.body or message
end

local function decode(text)
  local service, operation = service_of(MEMBERS, { metadata = METADATA })
  return protocol.decode(service, operation, { status = 200, headers = {}, body = text })
end

describe("a request in JSON", function()
  it("is an error if the model does not name the target", function()
    assert.same({ nil, "the model of the service has no targetPrefix" }, { encode({}, { metadata = { protocol = "json" } }) })
  end)

  it("names the version, the service and the operation", function()
    local request = encode({})
    assert.same({ "POST", "/", "{}" }, { request.method, request.target, request.body })
    assert.same({ ["Content-Type"] = "application/x-amz-json-1.1", ["X-Amz-Target"] = "Thing_20200101.Do" }, request.headers)
  end)

  it("asks for the errors of Query if the service was a Query service", function()
    local metadata = { jsonVersion = "1.0", targetPrefix = "T", awsQueryCompatible = {} }
    assert.equal("true", encode({}, { metadata = metadata }).headers["X-Amzn-Query-Mode"])
  end)

  it("has a host prefix", function()
    assert.equal("x-", encode({}, { metadata = METADATA, operation = { endpoint = { hostPrefix = "x-" } } }).host_prefix)
  end)

  it("writes values by their shapes, under their names on the wire", function()
    assert.equal('{"Named":"a","blob":"AP8=","iso":"1970-01-01T00:00:00Z","time":1.5}', body { named = "a", blob = "\0\xff", iso = 0, time = 1.5 })
    assert.equal('{"long":9007199254740993}', body { long = 9007199254740993 })
    assert.equal('{"long":5}', body { long = 5.0 })
    assert.equal('{"float":0.1}', body { float = 0.1 })
    assert.equal('{"float":"NaN"}', body { float = 0 / 0 })
    assert.equal('{"float":"-Infinity"}', body { float = -math.huge })
    assert.equal('{"list":[],"map":{},"nodes":[{}]}', body { list = {}, map = {}, nodes = { {} } })
    assert.equal('{"any":{"a":[1,null,{}]}}', body { any = { a = { 1, json.null, {} } } })
  end)

  it("has null in lists and maps, but no member that is null", function()
    assert.equal('{"list":["a",null],"map":{"k":null}}', body { list = { "a", json.null }, map = { k = json.null }, text = json.null })
  end)

  it("keeps a secret sealed", function()
    assert.equal("userdata", type(body { text = require("lanyard.credentials").secret "s3cret" }))
  end)

  it("is an error that names the value that cannot be sent", function()
    for message, input in pairs {
      ["long: a string; an integer was expected"] = { long = "5" }, ["long: the number 1.5; an integer was expected"] = { long = 1.5 },
      ["nodes.1.count: a boolean; an integer was expected"] = { nodes = { {}, { count = true } } },
      ["nodes.0.nodes.0.nam: the member is unknown"] = { nodes = { { nodes = { { nam = "x" } } } } },
      ["list: a string; a list was expected"] = { list = "x" }, ["list.0: the number 5; a string was expected"] = { list = { 5 } },
      ["list: the entry 'a' is not a position; a list was expected"] = { list = { a = 1 } },
      ["map: a string; a map was expected"] = { map = "x" }, ["map.1: a position of a list; the name of a map was expected"] = { map = { "x" } },
      ["text: the text is not UTF-8"] = { text = "\xff" }, ["on: a string; a boolean was expected"] = { on = "true" },
      ["blob: the number 5; bytes was expected"] = { blob = 5 }, ["time: the text 'soon'; seconds since 1970 or a timestamp were expected"] = { time = "soon" },
      ["float: a string; a number was expected"] = { float = "1" }, ["nodes.0: a string; a structure was expected"] = { nodes = { "x" } },
    } do
      assert.equal(message, body(input))
    end
    local loop = {}
    loop[1] = { nodes = loop }
    assert.equal("a value is nested deeper than 200 levels, or in itself", body { nodes = loop })
    loop[1] = loop
    assert.equal("a table nested deeper than 128 (or in itself) cannot be encoded as JSON", body { any = loop })
    assert.matches("^a string that is not UTF%-8 cannot be encoded as JSON", body { any = "\xff" })
  end)

  it("sends as it is what is not described", function()
    local service, operation = service_of({}, { metadata = METADATA, operation = { input = false } })
    assert.equal('{"a":[1]}', protocol.encode(service, operation, { a = { 1 } }).body)
    assert.equal("{}", protocol.encode(service, operation, {}).body)
  end)
end)

describe("a reply in JSON", function()
  it("is read by the shapes", function()
    assert.same({ named = "a", blob = "\0\xff", iso = 0, time = 1.5, float = 3.0, list = { "a" }, nodes = { { count = 1 } } },
      decode '{"Named":"a","blob":"AP8=","iso":"1970-01-01T00:00:00Z","time":1.5,"float":3,"list":["a"],"nodes":[{"count":1.0}]}')
    assert.same({}, decode "")
  end)

  it("has exact integers and floats", function()
    for text, value in pairs { ["9223372036854775807"] = math.maxinteger, ["-9223372036854775808"] = math.mininteger, ["1e3"] = 1000, ["7.0"] = 7 } do
      local read = decode('{"long":' .. text .. "}").long
      assert.equal(value, read)
      assert.equal("integer", math.type(read))
    end
    assert.equal("float", math.type(decode '{"float":3}'.float))
    assert.equal(-math.huge, decode '{"float":"-Infinity"}'.float)
    assert.is_true(decode '{"float":"NaN"}'.float ~= decode '{"float":"NaN"}'.float)
  end)

  it("keeps what the model does not have under its name on the wire", function()
    assert.same({ later = { { a = "x" } }, choice = { new = "x" }, nodes = { { extra = 1 } } },
      decode '{"later":[{"a":"x"}],"choice":{"__type":"Choice","new":"x"},"nodes":[{"extra":1}]}')
  end)

  it("has null in lists, maps and documents, and no member that is null", function()
    assert.same({ list = { "a", json.null, "b" }, map = { k = json.null }, any = { x = json.null } },
      decode '{"text":null,"list":["a",null,"b"],"map":{"k":null},"any":{"x":null},"unknown":null}')
  end)

  it("has texts with every character", function()
    assert.same({ text = "a\0b", map = { ["\0"] = "\1" } }, decode '{"text":"a\\u0000b","map":{"\\u0000":"\\u0001"}}')
    assert.equal('{"text":"a\\u0000b"}', body { text = "a\0b" })
  end)

  it("can be as deep as an item of DynamoDB", function()
    local text = '{"any":' .. ('{"M":{"a":'):rep(32) .. '{"S":"x"}' .. ("}}"):rep(32) .. "}"
    assert.equal(text, body(assert(decode(text))))
    assert.matches("nested deeper than 128", select(2, decode('{"any":' .. ("["):rep(128) .. ("]"):rep(128) .. "}")))
  end)

  it("marks empty lists", function()
    assert.equal('{"list":[]}', json.encode(decode '{"list":[]}'))
    assert.equal('{"any":[],"later":[]}', json.encode(decode '{"any":[],"later":[]}'))
  end)

  it("is an error that names the value that does not fit", function()
    for text, message in pairs {
      ['{"long":"5"}'] = "long: a string; an integer was expected", ['{"long":1.5}'] = "long: the number 1.5; an integer was expected",
      ['{"long":9223372036854775808}'] = "long: the number 9.2233720368548e+18; an integer was expected",
      ['{"nodes":[{},{"nodes":[{"count":true}]}]}'] = "nodes.1.nodes.0.count: a boolean; an integer was expected",
      ['{"list":{"a":1}}'] = "list: a structure; a list was expected", ['{"map":["a"]}'] = "map: a list; a map was expected",
      ['{"nodes":{}}'] = "nodes: a structure; a list was expected", ['{"text":5}'] = "text: the number 5; a string was expected",
      ['{"blob":"%"}'] = "blob: a text in base64 was expected", ['{"time":"soon"}'] = "time: the text 'soon'; a timestamp was expected",
      ['{"Named":[]}'] = "named: a list; a string was expected", ["[]"] = "a list; a structure was expected", ["null"] = "null; a structure was expected",
      ['{"float":"x"}'] = "float: a string; a number was expected",
    } do
      assert.same({ nil, message }, { decode(text) })
    end
    assert.matches("^the reply is not JSON: ", (select(2, decode "<html>")))
    local _, message = decode(json.encode { map = { ["a\n" .. ("é"):rep(100)] = 5 } })
    assert.equal("map.a " .. ("é"):rep(29) .. "...: the number 5; a string was expected", message)
  end)
end)

describe("a reply in JSON to an operation without output", function()
  it("is a success whatever its body is", function()
    for _, options in ipairs { { operation = { output = false } }, { output = { members = {} } } } do
      options.metadata = METADATA
      local service, operation = service_of({}, options)
      for _, text in ipairs { "", "null", "{}", "[]", "[1]", '""', '"ok"', "5", "true", "<html>", "{", "\xff" } do
        assert.same({}, protocol.decode(service, operation, { status = 200, headers = {}, body = text }))
      end
      assert.same({ a = { 1 } }, protocol.decode(service, operation, { status = 200, headers = {}, body = '{"a":[1]}' }))
    end
  end)
end)

describe("an error in JSON", function()
  local function err(reply, options)
    options = options or {}
    options.metadata = METADATA
    options.operation = { errors = { { shape = "NoSuchThing" }, { shape = "Old" } } }
    options.shapes = {
      NoSuchThing = { type = "structure", exception = true, members = {
        message = { shape = "String" }, Thing = { shape = "Integer", locationName = "thing" },
      } },
      Old = { type = "structure", exception = true, error = { code = "Older" }, members = { code = { shape = "String" } } },
    }
    local service, operation = service_of(MEMBERS, options)
    return protocol.decode_error(service, operation, { status = 400, headers = reply.headers or {}, body = reply.body or "" })
  end

  it("has its code in the body or in a header, with a namespace or a URI", function()
    for _, reply in ipairs {
      { body = '{"__type":"NoSuchThing"}' }, { body = '{"__type":"com.amazon#NoSuchThing"}' }, { body = '{"code":"a#NoSuchThing:http://b/"}' },
      { body = "{}", headers = { ["x-amzn-errortype"] = "NoSuchThing:http://b/" } }, { headers = { ["x-amzn-errortype"] = "NoSuchThing" } },
    } do
      assert.equal("NoSuchThing", err(reply).code)
    end
    assert.is_nil(err { body = "<html>" }.code)
    assert.is_nil(err { body = '{"__type":5}' }.code)
  end)

  it("has a message, members by its shape and the id of the request", function()
    local found = err { body = '{"__type":"NoSuchThing","message":"gone","thing":7,"more":[1]}', headers = { ["x-amzn-requestid"] = "r-1" } }
    assert.same({ code = "NoSuchThing", message = "gone", request_id = "r-1", members = { message = "gone", Thing = 7, more = { 1 } } }, found)
    assert.equal("Gone", err { body = '{"__type":"x","Message":"Gone"}' }.message)
    assert.equal("c", err { body = '{"__type":"Older","code":"c"}' }.members.code)
  end)

  it("keeps its members if they do not fit, or if the error is unknown", function()
    assert.same({ __type = "NoSuchThing", thing = "x" }, err { body = '{"__type":"NoSuchThing","thing":"x"}' }.members)
    assert.same({ __type = "New", detail = "x" }, err { body = '{"__type":"New","detail":"x"}' }.members)
  end)

  it("has the code of a Query service, and the members of its shape", function()
    local found = err { body = '{"__type":"NoSuchThing","thing":7}', headers = { ["x-amzn-query-error"] = "AWS.Thing.NonExistent;Sender" } }
    assert.same({ "AWS.Thing.NonExistent", "Sender", 7 }, { found.code, found.type, found.members.Thing })
  end)
end)
