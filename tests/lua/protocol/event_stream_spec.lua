-- Streams of events. The messages are made here, from the specification.
-- https://smithy.io/2.0/aws/amazon-eventstream.html

local crc32 = require("lanyard.deflate").crc32
local event_message = require "lanyard.protocol.event_message"
local event_stream = require "lanyard.protocol.event_stream"
local json = require "lanyard.json"
local json_body = require "lanyard.protocol.json_body"
local service_of = require("protocol_case").service

-- The bytes of a header with a text; `kind` and `value`: of another type.
local function header(name, text, kind, value)
  return string.pack(">s1B", name, kind or 7) .. (value or string.pack(">s2", text or ""))
end

local function message(headers, payload)
  headers, payload = headers or "", payload or ""
  local prelude = string.pack(">I4I4", 16 + #headers + #payload, #headers)
  local bytes = prelude .. string.pack(">I4", crc32(prelude)) .. headers .. payload
  return bytes .. string.pack(">I4", crc32(bytes))
end

local function event(name, payload, more)
  return message(header(":message-type", "event") .. header(":event-type", name) .. (more or ""), payload)
end

local function exception(name, payload)
  return message(header(":message-type", "exception") .. header(":exception-type", name), payload)
end

describe("messages of an event stream", function()
  local function read(bytes)
    local reader = event_message.reader()
    local messages, err = reader:feed(bytes)
    if messages then
      local _, unfinished = reader:finish()
      err = unfinished
    end
    return not err and messages or nil, err
  end

  it("have headers of all types and a payload", function()
    local headers = header("t", nil, 0, "") .. header("f", nil, 1, "") .. header("byte", nil, 2, "\xff") .. header("short", nil, 3, "\x80\0")
      .. header("int", nil, 4, "\0\0\1\0") .. header("long", nil, 5, "\x7f" .. ("\xff"):rep(7)) .. header("bytes", nil, 6, "\0\2\0\xff")
      .. header("text", "é") .. header("time", nil, 8, string.pack(">i8", 1398796238500)) .. header("whole", nil, 8, string.pack(">i8", 2000))
      .. header("uuid", nil, 9, "\0\1\2\3\4\5\6\7\8\9\10\11\12\13\14\15")
    assert.same({ { payload = "p\0", headers = {
      t = true, f = false, byte = -1, short = -32768, int = 256, long = math.maxinteger, bytes = "\0\xff", text = "é", time = 1398796238.5, whole = 2,
      uuid = "00010203-0405-0607-0809-0a0b0c0d0e0f",
    } } }, read(message(headers, "p\0")))
    assert.same({ { headers = {}, payload = "" } }, read(message()))
    assert.same({}, read "")
  end)

  -- The message of the specification: 16 bytes, without headers and payload.
  it("have the checksums of the specification", function()
    assert.equal("\0\0\0\x10\0\0\0\0\x05\xc2\x48\xeb\x7d\x98\xc8\xff", message())
  end)

  it("are read from chunks of any size", function()
    local stream = message(header("a", "1"), "one") .. message(header("b", "2"), ("two"):rep(100)) .. message()
    for size = 1, 40 do
      local reader, payloads = event_message.reader(), {}
      for first = 1, #stream, size do
        for _, found in ipairs(assert(reader:feed(stream:sub(first, first + size - 1)))) do
          payloads[#payloads + 1] = found.payload
        end
      end
      assert.is_true(reader:finish())
      assert.same({ "one", ("two"):rep(100), "" }, payloads)
    end
  end)

  it("are checked", function()
    local good = message(header("a", "1"), "payload")
    local function with_lengths(length, headers)
      local prelude = string.pack(">I4I4", length, headers)
      return prelude .. string.pack(">I4", crc32(prelude))
    end
    for expected, bytes in pairs {
      ["it ends within a message"] = good:sub(1, -2), ["the checksum of the lengths is wrong"] = "\1" .. good:sub(2),
      ["the checksum of a message is wrong"] = good:sub(1, 20) .. "X" .. good:sub(22), ["the headers are longer than the message"] = with_lengths(20, 5),
      ["headers of 131073 bytes; the limit is 131072"] = with_lengths(0x7fffffff, 131073),
      ["a message of 25165841 bytes; the limit is 25165824"] = with_lengths(25165841, 0),
      ["the type 10 of a header is unknown"] = message(header("a", nil, 10, "")), ["the headers end within a header"] = message "\5ab",
      ["the header 'a' occurs twice"] = message(header("a", "1") .. header("a", "1")), ["a header has no name"] = message(header("", "1")),
      ["a text in a header is not UTF-8"] = message(header("a", "\xff")),
    } do
      assert.same({ nil, "the stream of events is damaged: " .. expected }, { read(bytes) })
    end
  end)

  it("that are damaged anywhere are rejected, not misread", function()
    local good = message(header("a", "1"), "payload")
    for position = 1, #good do
      for bit = 0, 7 do
        local bytes = good:sub(1, position - 1) .. string.char(good:byte(position) ~ 1 << bit) .. good:sub(position + 1)
        local messages, err = read(bytes)
        assert.is_nil(messages)
        assert.matches("^the stream of events is damaged: ", err)
      end
    end
  end)

  it("are many in one chunk, which takes linear time", function()
    local chunk = message(header("a", "1"), "x"):rep(20000)
    assert.equal(20000, #read(chunk))
  end)
end)

local SHAPES = {
  Events = { type = "structure", eventstream = true, members = {
    Records = { shape = "Records" }, Stats = { shape = "Stats" }, Node = { shape = "Node" }, Slow = { shape = "Slow" },
  } },
  Records = { type = "structure", event = true, members = { Payload = { shape = "Blob", eventpayload = true }, at = { shape = "Time", eventheader = true } } },
  Stats = { type = "structure", event = true, members = { Details = { shape = "Node", eventpayload = true } } },
  Slow = { type = "structure", exception = true, members = { message = { shape = "String" } } },
}

describe("a stream of events", function()
  local service = service_of({}, { shapes = SHAPES })
  local function reader() return event_stream.reader(service:shape "Events", json_body.decode) end

  it("has values by the shapes: in the payload, in members and in headers", function()
    local stream = reader()
    assert.same({
      { Records = { Payload = "a,b\n", at = 5 } }, { Stats = { Details = { count = 3 } } }, { Node = { name = "n" } }, { Node = {} },
    }, stream:feed(event("Records", "a,b\n", header("at", nil, 8, string.pack(">i8", 5000))) .. event("Stats", '{"count":3}')
      .. event("Node", '{"name":"n"}') .. event "Node"))
    assert.is_true(stream:finish())
  end)

  it("keeps events that the model does not have", function()
    assert.same({ { New = { a = 1 } }, { Raw = "\0" } }, reader():feed(event("New", '{"a":1}') .. event("Raw", "\0")))
  end)

  it("is ended by an exception, after the events before it", function()
    local stream = reader()
    assert.same({ { Node = {} } }, stream:feed(event "Node" .. exception("Slow", '{"message":"wait\\na bit"}') .. event "Node"))
    local expected = { nil, "the service ended the stream of events with Slow: wait a bit" }
    assert.same(expected, { stream:feed "" })
    assert.same(expected, { stream:feed(event "Node") })
    assert.same(expected, { stream:finish() })
    assert.same({ nil, "the service ended the stream of events with Unknown" }, { reader():feed(exception "Unknown") })
    assert.same({ nil, "the service ended the stream of events with Broken: it broke" }, { reader():feed(message(
      header(":message-type", "error") .. header(":error-code", "Broken") .. header(":error-message", "it broke"))) })
  end)

  it("is an error where a value does not fit", function()
    assert.same({ nil, "Stats.Details.count: a string; an integer was expected" }, { reader():feed(event("Stats", '{"count":"3"}')) })
    assert.same({ nil, "Records.at: a string; a timestamp was expected" }, { reader():feed(event("Records", "", header("at", "now"))) })
    assert.same({ nil, "the stream of events is damaged: a message has no type" }, { reader():feed(message()) })
  end)
end)

describe("the reply of an operation with a stream of events", function()
  local MEMBERS = { Stream = { shape = "Events" }, Id = { shape = "String" } }

  it("has a list of events in REST JSON", function()
    local protocol = require "lanyard.protocol.rest_json"
    local service, operation = service_of({ Stream = { shape = "Events" }, Id = { shape = "String", location = "header", locationName = "X-Id" } },
      { shapes = SHAPES, output = { payload = "Stream" } })
    local function decode(body) return protocol.decode(service, operation, { status = 200, headers = { ["x-id"] = "i" }, body = body }) end
    assert.same({ Id = "i", Stream = { { Node = { name = "n" } } } }, decode(event("Node", '{"name":"n"}')))
    assert.equal('{"Id":"i","Stream":[]}', json.encode(decode ""))
    assert.same({ nil, "Stream: the service ended the stream of events with Slow: no", "Slow" },
      { decode(event "Node" .. exception("Slow", '{"message":"no"}')) })
    assert.same({ nil, "Stream: the stream of events is damaged: it ends within a message" }, { decode "\0" })
  end)

  it("has the other members in the first message in JSON", function()
    local protocol = require "lanyard.protocol.json"
    local service, operation = service_of(MEMBERS, { shapes = SHAPES, metadata = { targetPrefix = "T" } })
    local function decode(body) return protocol.decode(service, operation, { status = 200, headers = {}, body = body }) end
    assert.same({ Id = "i", Stream = { { Node = {} } } }, decode(event("initial-response", '{"Id":"i"}') .. event "Node"))
    assert.same({ Stream = {} }, decode(event "initial-response"))
  end)

  it("cannot be the body of a request", function()
    local protocol = require "lanyard.protocol.rest_json"
    local service, operation = service_of(MEMBERS, { shapes = SHAPES, input = { payload = "Stream" } })
    assert.same({ nil, "Stream: a stream of events cannot be sent" }, { protocol.encode(service, operation, { Stream = {} }) })
  end)
end)

-- https://docs.aws.amazon.com/AmazonS3/latest/API/API_SelectObjectContent.html
describe("a stream of events of S3", function()
  local rest_xml = require "lanyard.protocol.rest_xml"
  local service, operation = service_of({ Payload = { shape = "Events" } }, {
    output = { payload = "Payload" },
    shapes = {
      Events = { type = "structure", eventstream = true, members = {
        Records = { shape = "Records" }, Stats = { shape = "StatsEvent" }, End = { shape = "EndEvent" } } },
      Records = { type = "structure", event = true, members = { Payload = { shape = "Blob", eventpayload = true } } },
      StatsEvent = { type = "structure", event = true, members = { Details = { shape = "Stats", eventpayload = true } } },
      Stats = { type = "structure", members = { BytesScanned = { shape = "Long" } } },
      EndEvent = { type = "structure", event = true, members = {} },
    },
  })

  local function read(body)
    return rest_xml.decode(service, operation, { status = 200, headers = {}, body = body })
  end

  it("has bytes, and structures in XML", function()
    assert.same({ Payload = { { Records = { Payload = "1,2\n" } }, { Stats = { Details = { BytesScanned = 5, New = "x" } } },
      { Fresh = { A = "1" } }, { End = {} } } }, read(event("Records", "1,2\n")
      .. event("Stats", '<?xml version="1.0"?><Stats xmlns=""><BytesScanned>5</BytesScanned><New>x</New></Stats>')
      .. event("Fresh", "<Fresh><A>1</A></Fresh>") .. event "End"))
  end)

  it("is rejected with the path of a value that does not fit", function()
    local output, err = read(event("Stats", "<Stats><BytesScanned>many</BytesScanned></Stats>"))
    assert.is_nil(output)
    assert.matches("Stats%.Details%.BytesScanned: the text 'many'; an integer was expected$", err)
  end)
end)
