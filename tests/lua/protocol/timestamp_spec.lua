local model = require "lanyard.model"
local rest_json = require "lanyard.protocol.rest_json"
local timestamp = require "lanyard.protocol.timestamp"

describe("a timestamp", function()
  it("is written in each format", function()
    assert.equal("2014-04-29T18:30:38Z", timestamp.encode(1398796238, "iso8601"))
    assert.equal("Tue, 29 Apr 2014 18:30:38 GMT", timestamp.encode(1398796238, "rfc822"))
    assert.equal(1398796238, timestamp.encode(1398796238.0, "unixTimestamp"))
    assert.equal("integer", math.type(timestamp.encode(1398796238.0, "unixTimestamp")))
  end)

  it("keeps the fraction of a second, but for HTTP, which has none", function()
    assert.equal("2000-01-02T20:34:56.123Z", timestamp.encode(946845296.123, "iso8601"))
    assert.equal("2014-04-29T18:30:38.5Z", timestamp.encode(1398796238.5, "iso8601"))
    assert.equal("1969-12-31T23:59:58.5Z", timestamp.encode(-1.5, "iso8601"))
    assert.equal(1398796238.25, timestamp.encode(1398796238.25, "unixTimestamp"))
    assert.equal("Sun, 02 Jan 2000 20:34:56 GMT", timestamp.encode(946845296.9, "rfc822"))
  end)

  it("can be given as a text", function()
    assert.equal("Tue, 29 Apr 2014 18:30:38 GMT", timestamp.encode("2014-04-29T18:30:38Z", "rfc822"))
    assert.equal(1398796238, timestamp.encode("2014-04-29T20:30:38+02:00", "unixTimestamp"))
  end)

  it("reads back what it writes", function()
    math.randomseed(3)
    for _ = 1, 2000 do
      local seconds = math.random(-62167219200, 253402300799) + math.random(0, 999) / 1000
      local whole = math.floor(seconds)
      assert.equal(seconds, timestamp.decode(timestamp.encode(seconds, "iso8601")))
      assert.equal(whole, timestamp.decode(timestamp.encode(whole, "rfc822")))
      assert.equal(seconds, timestamp.decode(timestamp.encode(seconds, "unixTimestamp")))
    end
  end)

  it("is read in every format, with offsets and fractions", function()
    for text, seconds in pairs {
      ["2014-04-29T18:30:38Z"] = 1398796238, ["2014-04-29T18:30:38.250Z"] = 1398796238.25,
      ["2014-04-29T19:30:38+01:00"] = 1398796238, ["2014-04-29T17:00:38.5-01:30"] = 1398796238.5,
      ["Tue, 29 Apr 2014 18:30:38 GMT"] = 1398796238, ["Tue, 29 Apr 2014 18:30:38.5 GMT"] = 1398796238.5,
      ["29 Apr 2014 20:30:38 +0200"] = 1398796238, ["Thu, 1 Jan 1970 00:00:00 GMT"] = 0,
      ["1398796238"] = 1398796238, ["1398796238.5"] = 1398796238.5, ["1.398796238E9"] = 1398796238, ["-1"] = -1,
      ["2014-04-29T18:30:38"] = 1398796238, ["2014-04-29 18:30:38"] = 1398796238, ["2014-04-29"] = 1398729600,
    } do
      assert.equal(seconds, timestamp.decode(text), text)
    end
    assert.equal("integer", math.type(timestamp.decode(1398796238.0)))
    assert.equal(0.5, timestamp.decode(0.5))
  end)

  it("is not read from anything else", function()
    for _, value in ipairs {
      "", "now", "2014-02-30T00:00:00Z", "2014-04-29T25:00:00Z", "2014-04-29T18:30:38.Z", "2014-04-29T18:30:38 UTC",
      "Tue, 29 Foo 2014 18:30:38 GMT", "Tue, 29 Apr 2014 18:30:38 CET", "Tue, 29 Apr 2014 18:30:38 +9900", "0x10", "1e400",
      "12 34", 1e300, 0 / 0, -math.huge, true, {},
    } do
      local seconds, message = timestamp.decode(value)
      assert.is_nil(seconds, tostring(value))
      assert.is_string(message)
    end
    assert.same({ nil, "the text 'now'; a timestamp was expected" }, { timestamp.decode "now" })
  end)

  it("is not written from anything else", function()
    for _, case in ipairs {
      { "x", "iso8601", "the text 'x'; seconds since 1970 or a timestamp were expected" },
      { {}, "iso8601", "a table; seconds since 1970 or a timestamp were expected" },
      { 1e18, "iso8601", "1e+18 is not between the years 0 and 9999" }, { 0 / 0, "rfc822", "is not between the years" },
      { 0, "iso9000", "the timestamp format 'iso9000' is unknown" },
    } do
      local value, message = timestamp.encode(case[1], case[2])
      assert.is_nil(value)
      assert.matches(case[3], message, 1, true)
    end
  end)

  -- As botocore's parsers, which the AWS CLI uses: the one of rest-json makes integers and floats by the model.
  for protocol, numbers in pairs { ["rest-json"] = "float integer", json = "integer float" } do
    it("is kept as it was sent where the service says so, and numbers are " .. numbers .. " in " .. protocol, function()
      local service = model.new {
        metadata = { protocol = protocol }, operations = {},
        shapes = {
          Output = { type = "structure", members = {
            At = { shape = "Time" }, Times = { shape = "Times" }, Weight = { shape = "Weight" }, Count = { shape = "Count" },
            Head = { shape = "Time", location = "header", locationName = "x-at" },
          } },
          Weight = { type = "double" }, Count = { type = "integer" }, Times = { type = "list", member = { shape = "Time" } },
          Time = { type = "timestamp" },
        },
      }
      local operation = { name = "Get", output = service:shape "Output" }
      local reply = { status = 200, headers = { ["x-at"] = "Tue, 29 Apr 2014 18:30:38 GMT" },
        body = '{"At":1398796238.0,"Times":["2014-04-29T18:30:38"],"Weight":2,"Count":3.0}' }
      local function types()
        local output = assert(rest_json.decode(service, operation, reply))
        return ("%s %s %s"):format(math.type(output.At), math.type(output.Weight), math.type(output.Count)), output
      end
      local decoded, output = types()
      assert.equal("integer float integer", decoded)
      assert.same({ At = 1398796238, Times = { 1398796238 }, Head = 1398796238, Weight = 2, Count = 3 }, output)
      service:keep_as_sent()
      decoded, output = types()
      assert.equal("float " .. numbers, decoded)
      assert.same({ At = 1398796238, Times = { "2014-04-29T18:30:38" }, Head = "Tue, 29 Apr 2014 18:30:38 GMT", Weight = 2,
        Count = 3 }, output)
      for body, expected in pairs {
        ['{"At":"soon"}'] = "At: the text 'soon'; a timestamp was expected",
        ['{"Weight":"x"}'] = "Weight: a string; a number was expected",
        ['{"Count":1.5}'] = "Count: the number 1.5; an integer was expected",
      } do
        reply.body = body
        assert.equal(expected, select(2, rest_json.decode(service, operation, reply)))
      end
    end)
  end
end)
