-- The Smithy RPC v2 protocol; tests/lua/protocol/cbor_spec.lua has the format.

local cbor = require "lanyard.protocol.cbor"
local json = require "lanyard.json"
local protocol = require "lanyard.protocol.rpc_v2_cbor"
local service_of = require("protocol_case").service

local METADATA = { protocol = "smithy-rpc-v2-cbor", targetPrefix = "Things" }
local MEMBERS = {
  text = { shape = "String" }, long = { shape = "Long" }, float = { shape = "Float" }, double = { shape = "Double" }, blob = { shape = "Blob" },
  time = { shape = "Time" }, list = { shape = "Strings" }, nodes = { shape = "Nodes" }, on = { shape = "Boolean" },
}
local HEADERS = { ["smithy-protocol"] = "rpc-v2-cbor" }

local function request(input, options)
  options = options or {}
  options.metadata = options.metadata or METADATA
  local service, operation = service_of(MEMBERS, options)
  return protocol.encode(service, operation, input)
end

-- Reads a reply with the encoding of a value.
local function decode(value)
  local service, operation = service_of(MEMBERS, { metadata = METADATA })
  return protocol.decode(service, operation, { status = 200, headers = HEADERS, body = cbor.encode(value) })
end

describe("a request of RPC v2", function()
  it("names the service and the operation in the path", function()
    local built = request({ text = "x" })
    assert.same({ "POST", "/service/Things/operation/Do", "\xa1\x64text\x61x" }, { built.method, built.target, built.body })
    assert.same({ ["Smithy-Protocol"] = "rpc-v2-cbor", Accept = "application/cbor", ["Content-Type"] = "application/cbor" }, built.headers)
    assert.equal("\xa0", request({}).body)
  end)

  it("has no body for an operation without input", function()
    local built = request({}, { operation = { input = false } })
    assert.is_nil(built.body)
    assert.is_nil(built.headers["Content-Type"])
    assert.same({ nil, "text: the member is unknown" }, { request({ text = "x" }, { operation = { input = false } }) })
  end)

  it("asks for the errors of Query if the service was a Query service", function()
    assert.equal("true", request({}, { metadata = { targetPrefix = "T", awsQueryCompatible = {} } }).headers["X-Amzn-Query-Mode"])
  end)

  it("writes each type", function()
    for _, case in ipairs {
      { { long = math.mininteger }, "\x64long\x3b\x7f\xff\xff\xff\xff\xff\xff\xff" }, { { float = 1.5 }, "\x65float\xfa\x3f\xc0\0\0" },
      { { double = 0.1 }, "\x66double\xfb\x3f\xb9\x99\x99\x99\x99\x99\x9a" }, { { double = 2 }, "\x66double\xfa\x40\0\0\0" },
      { { blob = "\0\xff" }, "\x64blob\x42\0\xff" }, { { time = 1 }, "\x64time\xc1\x01" }, { { time = 0.5 }, "\x64time\xc1\xfa\x3f\0\0\0" },
      { { list = {} }, "\x64list\x80" }, { { on = false }, "\x62on\xf4" }, { { list = { "a", json.null } }, "\x64list\x82\x61a\xf6" },
    } do
      assert.equal("\xa1" .. case[2], request(case[1]).body)
    end
    assert.same({ nil, "nodes.0.count: a string; an integer was expected" }, { request { nodes = { { count = "1" } } } })
  end)
end)

describe("a reply of RPC v2", function()
  it("is read by the shapes", function()
    assert.same({ text = "x", long = 5, double = 2.0, blob = "\0", time = 1.5, list = { "a" }, nodes = { { count = 1 } }, on = true },
      decode { text = "x", long = 5, double = 2, blob = cbor.bytes "\0", time = cbor.tagged(1, 1.5), list = { "a" }, nodes = { { count = 1.0 } }, on = true })
    assert.equal("float", math.type(decode { double = 2 }.double))
    assert.equal("integer", math.type(decode { time = cbor.tagged(1, 7.0) }.time))
  end)

  it("keeps what the model does not have", function()
    assert.same({ later = { "\0", 5, "18446744073709551615" } },
      decode { later = { cbor.bytes "\0", cbor.tagged(1, 5), cbor.tagged(2, cbor.bytes(("\xff"):rep(8))) } })
  end)

  it("is an error that names the value that does not fit", function()
    for message, value in pairs {
      ["blob: bytes were expected"] = { blob = "text" }, ["text: a structure; a string was expected"] = { text = cbor.bytes "x" },
      ["time: a timestamp was expected"] = { time = cbor.tagged(0, "2014-04-29T18:30:38Z") }, ["long: a string; an integer was expected"] = { long = "5" },
      ["nodes.0: a list; a structure was expected"] = { nodes = { json.array {} } },
      ["long: a structure; an integer was expected"] = { long = cbor.tagged(2, cbor.bytes(("\xff"):rep(8))) },
    } do
      assert.same({ nil, message }, { decode(value) })
    end
    assert.same({ nil, "the reply is not a map of CBOR" }, { decode { "a" } })
  end)

  it("is a success of an operation without output whatever its body is", function()
    for _, options in ipairs { { operation = { output = false } }, { output = { members = {} } } } do
      options.metadata = METADATA
      local service, operation = service_of({}, options)
      for _, text in ipairs { "", "\xf6", "\xa0", "\x80", "\xa1", "null", "<html>" } do
        assert.same({}, protocol.decode(service, operation, { status = 200, headers = HEADERS, body = text }))
      end
      assert.same({ a = 1 }, protocol.decode(service, operation, { status = 200, headers = HEADERS, body = "\xa1\x61a\x01" }))
    end
  end)

  it("is of this protocol", function()
    local service, operation = service_of(MEMBERS, { metadata = METADATA })
    local function read(headers, body) return protocol.decode(service, operation, { status = 200, headers = headers, body = body }) end
    assert.same({}, read({}, ""))
    assert.same({ nil, "the reply is not CBOR: byte 1: the data ends within a list or map" }, { read(HEADERS, "\xa1") })
    assert.same({ nil, "the reply is not of the protocol rpc-v2-cbor: the header Smithy-Protocol is missing" }, { read({}, "<html>") })
  end)

  it("can be an error", function()
    local service, operation = service_of(MEMBERS, {
      metadata = METADATA, operation = { errors = { { shape = "Gone" } } },
      shapes = { Gone = { type = "structure", members = { message = { shape = "String" }, at = { shape = "Time" } } } },
    })
    local function err(body) return protocol.decode_error(service, operation, { status = 400, headers = HEADERS, body = body }) end
    assert.same({ code = "Gone", message = "gone", members = { message = "gone", at = 5 } },
      err(cbor.encode { __type = "com.example#Gone", message = "gone", at = cbor.tagged(1, 5) }))
    assert.same({ members = {} }, err "<html>")
  end)
end)
