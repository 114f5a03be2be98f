local decode = require("lanyard.protocol.timestamp").decode
local helper = require "helper"
local time_text = require "lanyard.awscli.time_text"

-- What the AWS CLI 1.45 prints with cli_timestamp_format = iso8601.
describe("lanyard.awscli.time_text", function()
  for sent, text in pairs {
    ["2026-11-28T22:15:27"] = "2026-11-28T22:15:27", ["2026-11-28T22:15:27Z"] = "2026-11-28T22:15:27+00:00",
    ["2026-11-28T22:15:27.1234567Z"] = "2026-11-28T22:15:27.123456+00:00",
    ["2026-11-28T22:15:27.000Z"] = "2026-11-28T22:15:27+00:00", ["2026-11-28T22:15:27.5"] = "2026-11-28T22:15:27.500000",
    ["2026-11-28"] = "2026-11-28T00:00:00", ["2026-11-28T22:15:27+05:45"] = "2026-11-28T22:15:27+05:45",
    ["2026-11-28T22:15:27.25-0330"] = "2026-11-28T22:15:27.250000-03:30",
    ["2026-11-28T22:15:27-00:00"] = "2026-11-28T22:15:27+00:00", ["2026-11-28 22:15:27"] = "2026-11-28T22:15:27",
    ["Tue, 29 Apr 2014 18:30:38 GMT"] = "2014-04-29T18:30:38+00:00",
    ["Tue, 29 Apr 2014 18:30:38 +0200"] = "2014-04-29T18:30:38+02:00",
    ["Tue, 29 Apr 2014 18:30:38.25 GMT"] = "2014-04-29T18:30:38.250000+00:00",
    ["2026-11-28t22:15:27z"] = "2026-11-28T22:15:27+00:00", ["2026-11-28T22:15"] = "2026-11-28T22:15:00",
  } do
    it("keeps the zone of " .. sent, function()
      assert.truthy(decode(sent))
      assert.equal(text, time_text.iso8601(sent))
      assert.equal(sent, time_text.wire(sent))
    end)
  end

  it("writes seconds since 1970 as local time", function()
    local result = helper.run({ helper.lanyard, "-e", [[
      local iso = require("lanyard.awscli.time_text").iso8601
      for _, value in ipairs { 1398796238, "1398796238.5", 1398796238.1234567, "1.398796238e9", 0, -1.5, 1417000000,
          1700000000.9999999, 253402300799 } do
        print(iso(value))
      end]] }, { TZ = "CET-1CEST,M3.5.0,M10.5.0/3" })
    assert.equal([[
2014-04-29T20:30:38+02:00
2014-04-29T20:30:38.500000+02:00
2014-04-29T20:30:38.123457+02:00
2014-04-29T20:30:38+02:00
1970-01-01T01:00:00+01:00
1970-01-01T00:59:58.500000+01:00
2014-11-26T12:06:40+01:00
2023-11-14T23:13:21+01:00
9999-12-31T23:59:59+00:00
]], result.out)
  end)

  it("writes seconds since 1970 as UTC where it is asked to", function()
    assert.equal("2023-11-14T22:13:20.250000+00:00", time_text.utc(1700000000.25))
  end)
end)
