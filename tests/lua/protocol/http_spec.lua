-- The bindings of members to HTTP, through rest-json.

local crypto = require "lanyard.crypto"
local json = require "lanyard.json"
local protocol = require "lanyard.protocol.rest_json"
local service_of = require("protocol_case").service

-- The request for an input.
local function request(members, input, operation, options)
  options = options or {}
  options.operation = operation
  local service, described = service_of(members, options)
  return protocol.encode(service, described, input)
end

local function target(uri, members, input)
  local built, message = request(members, input, { http = { method = "GET", requestUri = uri } })
  return built and built.target or message
end

local function headers(members, input)
  local built, message = request(members, input)
  return built and built.headers or message
end

local function output(members, reply, options)
  local service, operation = service_of(members, options)
  return protocol.decode(service, operation, { status = reply.status or 200, headers = reply.headers or {}, body = reply.body or "" })
end

local function at(location, shape, traits)
  local member = { shape = shape, location = location }
  for name, value in pairs(traits or {}) do member[name] = value end
  return member
end

describe("the path of a request", function()
  local MEMBERS = { Bucket = at("uri", "String"), Key = at("uri", "String"), when = at("uri", "Time"), size = at("uri", "Long", { locationName = "Size" }) }

  it("has escaped values, and slashes in a greedy label", function()
    assert.equal("/a%2Fb/c/d%20e%3F", target("/{Bucket}/{Key+}", MEMBERS, { Bucket = "a/b", Key = "c/d e?" }))
    assert.equal("/x/2014-04-29T18%3A30%3A38Z/-3", target("/x/{when}/{Size}", MEMBERS, { when = 1398796238, size = -3 }))
    assert.equal("/(a+)+/b", target("/(a+)+/{Bucket}", MEMBERS, { Bucket = "b" }))
  end)

  it("is not built without a value", function()
    for _, input in ipairs { {}, { Bucket = "" }, { Bucket = json.null } } do
      assert.equal("Bucket: the value is a part of the path: it cannot be missing or empty", target("/{Bucket}", MEMBERS, input))
    end
    assert.equal("Bucket: a list; a string was expected", target("/{Bucket}", MEMBERS, { Bucket = { "a" } }))
  end)
end)

describe("the query string of a request", function()
  local MEMBERS = {
    text = at("querystring", "String", { locationName = "Text" }), list = at("querystring", "Integers"), on = at("querystring", "Boolean"),
    map = at("querystring", "StringMap"), lists = at("querystring", "StringsMap"), number = at("querystring", "Double"),
    times = at("querystring", "Times"),
  }

  it("has the fixed fields of the operation first", function()
    assert.equal("/a?list-type=2&acl&Text=x", target("/a?list-type=2&acl", MEMBERS, { text = "x" }))
  end)

  it("has lists and maps, and escapes names and values", function()
    assert.equal("/?list=1&list=2", target("/", MEMBERS, { list = { 1, 2 } }))
    assert.equal("/?a%20b=%26&c=", target("/", MEMBERS, { map = { ["a b"] = "&", c = "" } }))
    assert.equal("/?k=1&k=2", target("/", MEMBERS, { lists = { k = { "1", "2" } } }))
    assert.equal("/?number=NaN&on=false", target("/", MEMBERS, { on = false, number = 0 / 0 }))
    assert.equal("/?times=1970-01-01T00%3A00%3A01Z", target("/", MEMBERS, { times = { 1 } }))
    assert.equal("/?Text=", target("/", MEMBERS, { text = "", list = {}, on = json.null }))
  end)

  it("has the member where a map has the same name", function()
    assert.equal("/?Text=named&other=2", target("/", MEMBERS, { text = "named", map = { Text = "of the map", other = "2" } }))
  end)

  it("is not built from values that do not fit", function()
    assert.equal("list.1: a string; an integer was expected", target("/", MEMBERS, { list = { 1, "2" } }))
    assert.equal("list: a string; a list was expected", target("/", MEMBERS, { list = "1" }))
    assert.equal("map.a: a boolean; a string was expected", target("/", MEMBERS, { map = { a = true } }))
    assert.equal("other: the member is unknown", target("/", MEMBERS, { other = 1 }))
  end)
end)

describe("the headers of a request", function()
  local MEMBERS = {
    text = at("header", "String", { locationName = "X-Text" }), texts = at("header", "Strings", { locationName = "X-Texts" }),
    time = at("header", "Time", { locationName = "If-Modified-Since" }), times = at("header", "Times", { locationName = "X-Times" }),
    size = at("header", "Long", { locationName = "X-Size" }), value = at("header", "String", { locationName = "X-Json", jsonvalue = true }),
    map = at("headers", "StringMap", { locationName = "X-Meta-" }), blob = at("header", "Blob", { locationName = "X-Blob" }),
    body = { shape = "String" },
  }

  it("have single values in their forms", function()
    local built = headers(MEMBERS, { text = "a", time = 1398796238, size = 5, blob = "\0\1", value = { a = { 1 } } })
    assert.equal("a", built["X-Text"])
    assert.equal("Tue, 29 Apr 2014 18:30:38 GMT", built["If-Modified-Since"])
    assert.equal("5", built["X-Size"])
    assert.equal("AAE=", built["X-Blob"])
    assert.equal('{"a":[1]}', crypto.base64_decode(built["X-Json"]))
  end)

  it("have lists, with quotes where an item has a comma", function()
    assert.equal([[a, "b,c", "\"d\""]], headers(MEMBERS, { texts = { "a", "b,c", '"d"' } })["X-Texts"])
    assert.equal("Thu, 01 Jan 1970 00:00:00 GMT, Thu, 01 Jan 1970 00:00:01 GMT", headers(MEMBERS, { times = { 0, 1 } })["X-Times"])
  end)

  it("have maps with a prefix", function()
    local built = headers(MEMBERS, { map = { colour = "red", empty = "" } })
    assert.same({ "red", "" }, { built["X-Meta-colour"], built["X-Meta-empty"] })
  end)

  it("cannot be split by a value", function()
    assert.matches("^text: the value is a header: it cannot have line breaks", headers(MEMBERS, { text = "a\r\nX-Evil: 1" }))
    assert.matches("^map.a b: the name is a part of a header name", headers(MEMBERS, { map = { ["a b"] = "c" } }))
    assert.matches("^map.a: the value is a header", headers(MEMBERS, { map = { a = "b\nc" } }))
    assert.matches("^value: ", headers(MEMBERS, { value = print }))
  end)
end)

describe("the body of a request", function()
  local function body(members, payload, input)
    local built = request(members, input, nil, { input = { payload = payload } })
    return built.body, built.headers["Content-Type"]
  end

  it("has the members without a location", function()
    local built = request({ a = { shape = "String" }, b = at("header", "String") }, { a = "x", b = "y" })
    assert.equal('{"a":"x"}', built.body)
    assert.equal("application/json", built.headers["Content-Type"])
    assert.equal("{}", request({ a = { shape = "String" } }, {}).body)
  end)

  it("is missing without such members", function()
    local built = request({ b = at("header", "String") }, { b = "y" })
    assert.is_nil(built.body)
    assert.is_nil(built.headers["Content-Type"])
    built = request({}, {}, { input = false })
    assert.same({ "POST", "/" }, { built.method, built.target })
    assert.is_nil(built.body)
  end)

  it("is one member: bytes, a text, a structure or a document", function()
    assert.same({ "\0raw", "application/octet-stream" }, { body({ data = { shape = "Blob" } }, "data", { data = "\0raw" }) })
    assert.same({ "text", "text/plain" }, { body({ data = { shape = "String" } }, "data", { data = "text" }) })
    assert.same({ '{"name":"x"}', "application/json" }, { body({ data = { shape = "Node" } }, "data", { data = { name = "x" } }) })
    assert.same({ "[1,2]", "application/json" }, { body({ data = { shape = "Document" } }, "data", { data = { 1, 2 } }) })
  end)

  it("is empty where that member is missing, but for a structure", function()
    assert.is_nil(body({ data = { shape = "Blob" } }, "data", {}))
    assert.is_nil(body({ data = { shape = "String" } }, "data", {}))
    assert.is_nil(body({ data = { shape = "Choice" } }, "data", {}))
    assert.is_nil(body({ data = { shape = "Document" } }, "data", {}))
    assert.equal("{}", (body({ data = { shape = "Node" } }, "data", {})))
  end)

  it("has the type that the input names", function()
    local members = { data = { shape = "Blob" }, type = at("header", "String", { locationName = "content-type" }) }
    local built = request(members, { data = "x", type = "image/png" }, nil, { input = { payload = "data" } })
    assert.equal("image/png", built.headers["content-type"])
    assert.is_nil(built.headers["Content-Type"])
  end)

  it("keeps a stream and a sealed secret as they are", function()
    local stream = { read = function() end }
    assert.equal(stream, (body({ data = { shape = "Blob" } }, "data", { data = stream })))
    local secret = require("lanyard.credentials").secret "s3cret"
    assert.equal(secret, (body({ data = { shape = "String" } }, "data", { data = secret })))
    assert.equal("userdata", type((body({ data = { shape = "Node" } }, "data", { data = { name = secret } }))))
  end)
end)

describe("the host prefix of a request", function()
  local function prefix(input)
    local built, message = request({ Account = { shape = "String" } }, input, { endpoint = { hostPrefix = "{Account}.data-" } })
    return built and built.host_prefix or message
  end

  it("has the members that it names", function()
    assert.equal("123456789012.data-", prefix { Account = "123456789012" })
  end)

  it("cannot lead to another host", function()
    for _, value in ipairs { "", "evil.example/", "a.b", "a b", ("a"):rep(64), 5 } do
      assert.equal("Account: the value is a part of the host name: letters, digits and hyphens were expected", prefix { Account = value })
    end
  end)
end)

describe("a reply", function()
  local MEMBERS = {
    text = at("header", "String", { locationName = "X-Text" }), texts = at("header", "Strings", { locationName = "X-Texts" }),
    times = at("header", "Times", { locationName = "X-Times" }), on = at("header", "Boolean", { locationName = "X-On" }),
    value = at("header", "String", { locationName = "X-Json", jsonvalue = true }), size = at("header", "Long", { locationName = "X-Size" }),
    map = at("headers", "StringMap", { locationName = "x-meta-" }), status = at("statusCode", "Integer"), rest = { shape = "String" },
  }

  it("has members in headers, in the status and in the body", function()
    local read = output(MEMBERS, { status = 206, body = '{"rest":"r"}', headers = {
      ["x-text"] = "a", ["x-texts"] = [[a , "b,c","\"d\""]], ["x-on"] = "true", ["x-size"] = "9007199254740993", ["x-meta-k"] = "v",
      ["x-times"] = "Thu, 01 Jan 1970 00:00:00 GMT, Thu, 01 Jan 1970 00:00:01 GMT", ["x-json"] = crypto.base64 "[1,2]",
    } })
    assert.same({
      text = "a", texts = { "a", "b,c", '"d"' }, on = true, size = 9007199254740993, map = { k = "v" }, status = 206, rest = "r",
      times = { 0, 1 }, value = { 1, 2 },
    }, read)
    assert.same({ status = 200, map = {} }, output(MEMBERS, {}))
  end)

  it("is an error that names the member where a header does not fit", function()
    for name, case in pairs {
      ["x-size"] = { "5.5", "size: the text '5.5'; an integer was expected" }, ["x-on"] = { "yes", "on: the text 'yes'; true or false was expected" },
      ["x-times"] = { "1, x", "times.1: the text 'x'; a timestamp was expected" }, ["x-texts"] = { '"a', "texts: the text '\"a'; a list was expected" },
      ["x-json"] = { "{}", "value: a text that is not JSON in base64" },
    } do
      local read, message = output(MEMBERS, { headers = { [name] = case[1] } })
      assert.is_nil(read)
      assert.equal(case[2], message)
    end
  end)

  it("is one member: bytes, a text, a structure or a document", function()
    local function payload(shape, body, traits)
      local member = at(nil, shape, traits)
      return output({ data = member }, { body = body }, { output = { payload = "data" } })
    end
    assert.same({ data = "\0raw" }, payload("Blob", "\0raw"))
    assert.same({ data = "text" }, payload("String", "text"))
    assert.same({ data = { name = "x" } }, payload("Node", '{"name":"x"}'))
    assert.same({ data = { 1 } }, payload("Document", "[1]"))
    for _, shape in ipairs { "Blob", "String", "Node", "Document" } do assert.same({}, payload(shape, "")) end
    assert.same({ data = "" }, payload("Blob", "", { streaming = true }))
    assert.same({ nil, "data.count: a string; an integer was expected" }, { payload("Node", '{"count":"5"}') })
  end)
end)
