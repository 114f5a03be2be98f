local helper = require "helper"
local timestamp = require "lanyard.text.timestamp"

describe("a timestamp", function()
  it("is parsed with every form of zone that AWS's tools write", function()
    assert.equal(0, timestamp.parse "1970-01-01T00:00:00Z")
    assert.equal(1234567890, timestamp.parse "2009-02-13T23:31:30Z")
    assert.equal(1234567890, timestamp.parse "2009-02-13T23:31:30UTC")
    assert.equal(1234567890, timestamp.parse "2009-02-13T23:31:30.123456Z")
    assert.equal(1234567890, timestamp.parse "2009-02-14T01:31:30+02:00")
    assert.equal(1234567890, timestamp.parse "2009-02-13T18:01:30-0530")
    assert.equal(1234567860, timestamp.parse "2009-02-13T23:31Z")
    assert.equal(951782400, timestamp.parse "2000-02-29T00:00:00Z")
    assert.equal(4107542400, timestamp.parse "2100-03-01T00:00:00Z")
  end)

  it("is formatted so that it is parsed as the same time", function()
    for seconds = 0, 4e9, 86400 * 17 + 12345 do
      assert.equal(seconds, timestamp.parse(timestamp.format(seconds)))
    end
  end)

  it("is formatted as a day, in names of files and in headers", function()
    assert.equal("2026-01-31", timestamp.day(1769860800.9))
    assert.equal("20260131T120000Z", timestamp.compact(1769860800))
    assert.equal("Sat, 31 Jan 2026 12:00:00 GMT", timestamp.format_http(1769860800))
    assert.equal("0000-01-01T00:00:00Z", timestamp.format(-62167219200))
    assert.equal("9999-12-31T23:59:59Z", timestamp.format(253402300799))
    assert.equal("1969-12-31T23:59:59Z", timestamp.format(-0.5))
  end)

  it("is formatted as libc formats it in a zone without leap seconds, over four centuries each way", function()
    for day = -146097, 146097, 13 do
      local at = day * 86400 + day % 86400
      assert.equal(os.date("!%Y-%m-%dT%H:%M:%SZ", at), timestamp.format(at))
    end
  end)

  it("is nil for other texts", function()
    for _, text in ipairs { "", "2009-02-13T23:31:30+24:00", "2009-02-13T23:31:30-00:60", "2009-00-13T23:31:30Z",
      "2009-02-00T23:31:30Z", "2100-02-29T00:00:00Z", "tomorrow", "2009-02-13", "2009-13-13T23:31:30Z", "2009-02-32T23:31:30Z",
      "2009-02-13T23:31:30", "2009-02-13T23:31:30 Europe/Berlin", "2009-02-29T00:00:00Z", "2009-02-13T24:00:00Z",
      "2009-02-13T23:60Z", "2009-02-13T23:31:Z", "2009-02-13T23Z" } do
      assert.is_nil(timestamp.parse(text))
    end
    assert.is_nil(timestamp.parse(nil))
  end)
end)

describe("a deadline", function()
  local NOW = 1769860800 -- 2026-01-31T12:00:00Z

  it("is a timestamp, the start of a day, or a duration from now", function()
    assert.equal(1801353600, timestamp.deadline("2027-01-31", NOW))
    assert.equal(1801353600, timestamp.deadline("2027-01-31T00:00Z", NOW))
    assert.equal(1801346400, timestamp.deadline("2027-01-31T00:00:00+02:00", NOW))
    assert.equal(NOW + 30 * 86400, timestamp.deadline("30d", NOW + 0.9))
    assert.equal(NOW + 12 * 3600, timestamp.deadline("12h", NOW))
    assert.equal(NOW + 90 * 60, timestamp.deadline("90m", NOW))
  end)

  it("is rejected if the text is not a date, is in the past, or is too far away", function()
    for text, why in pairs {
      ["soon"] = "not a date", ["2027-02-29"] = "not a date", ["30"] = "not a date", ["-1d"] = "not a date", ["1.5d"] = "not a date",
      [""] = "not a date", ["2026-01-31"] = "is in the past", ["2026-01-31T12:00:00Z"] = "is in the past",
      ["0d"] = "is in the past", ["9999999d"] = "after the year 9999",
      ["99999999999999999999999999d"] = "not a date", ["999999999999999999d"] = "after the year 9999",
    } do
      local at, message = timestamp.deadline(text, NOW)
      assert.is_nil(at, text)
      assert.matches(why, message, 1, true)
    end
  end)
end)

describe("a date of HTTP", function()
  it("is parsed as seconds since 1970", function()
    assert.equal(784111777, timestamp.parse_http "Sun, 06 Nov 1994 08:49:37 GMT")
    assert.equal(0, timestamp.parse_http "Thu, 01 Jan 1970 00:00:00 GMT")
  end)
  it("is correct on every day, including leap years", function()
    for day = 0, 60000, 7 do
      local moment = day * 86400 + 86399
      assert.equal(moment, timestamp.parse_http(os.date("!%a, %d %b %Y %H:%M:%S GMT", moment)))
      assert.equal(os.date("!%a, %d %b %Y %H:%M:%S GMT", moment), timestamp.format_http(moment))
    end
  end)
  it("is nil in another form", function()
    for _, text in ipairs { "", "now", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994",
      "Sun, 06 Foo 1994 08:49:37 GMT", "Sun, 06 Nov 1994 08:49:37 CET", "784111777",
      "Sun, 31 Nov 1994 08:49:37 GMT", "Sun, 06 Nov 1994 24:49:37 GMT", "Sun, 06 Nov 1994 08:61:37 GMT",
      "Sun, 00 Nov 1994 08:49:37 GMT" } do
      assert.is_nil(timestamp.parse_http(text), text)
    end
    assert.is_nil(timestamp.parse_http(nil))
  end)
end)

describe("the sources", function()
  it("ask libc for no date, which depends on the zone file", function()
    local pipe <close> = assert(io.popen [[grep -rnE 'gmtime|localtime|mktime|timegm|strftime|strptime|os[.]date|os[.]time *([{]|[(][^)])' \
      core lua scripts | grep -vE ':[0-9]+:( *--| \*|/\*)']])
    local found = pipe:read "a"
    -- The offset of the local zone, of which only whole minutes count.
    assert.equal("", (found:gsub("core/base/platform%.c:%d+:[^\n]*localtime_r[^\n]*\n", "")))
  end)
end)

describe("a time for people", function()
  -- Evaluates an expression about `timestamp` in a process with a zone.
  local function in_zone(zone, expression)
    local result = helper.run({ helper.lanyard, "-e", ([[
      local timestamp = require "lanyard.text.timestamp"
      print(%s)]]):format(expression) }, { TZ = zone })
    assert.equal("", result.err)
    return (result.out:gsub("\n$", ""))
  end

  it("is local, with the offset of that day", function()
    local cases = {
      { "CET-1CEST,M3.5.0,M10.5.0/3", 1769860800, "2026-01-31T13:00:00+01:00" },
      { "CET-1CEST,M3.5.0,M10.5.0/3", 1782820800, "2026-06-30T14:00:00+02:00" },
      { "XST-5:45", 1769860800, "2026-01-31T17:45:00+05:45" },
      { "XST+3:30", 1769860800.9, "2026-01-31T08:30:00-03:30" },
      { "XST+12", 1769817600, "2026-01-30T12:00:00-12:00" },
      { "UTC0", 1769860800, "2026-01-31T12:00:00Z" },
    }
    for _, case in ipairs(cases) do
      assert.equal(case[3], in_zone(case[1], ("timestamp.shown(%s)"):format(case[2])))
      assert.equal(math.floor(case[2]), timestamp.parse(case[3]))
    end
  end)

  it("replaces a timestamp in a sentence, but not one in quotes or in a longer word", function()
    local zone = "CET-1CEST,M3.5.0,M10.5.0/3"
    for text, expected in pairs {
      ["the grant of 2026-01-31T12:00:00Z, until 2026-06-30T12:00:00Z"] =
        "the grant of 2026-01-31T13:00:00+01:00, until 2026-06-30T14:00:00+02:00",
      ["(expired 2026-01-31T12:00:00Z)"] = "(expired 2026-01-31T13:00:00+01:00)",
      ["'2026-01-31T12:00:00Z' is in the past"] = "'2026-01-31T12:00:00Z' is in the past",
      ["&quot;2026-01-31T12:00:00Z&quot;"] = "&quot;2026-01-31T12:00:00Z&quot;",
      ["app-2026-01-31T12:00:00Zebra"] = "app-2026-01-31T12:00:00Zebra",
      ["2026-02-31T12:00:00Z"] = "2026-02-31T12:00:00Z",
      ["2026-01-31 and 20260131T120000Z"] = "2026-01-31 and 20260131T120000Z",
    } do
      assert.equal(expected, in_zone(zone, ("timestamp.localized(%q)"):format(text)))
    end
  end)

  it("is UTC where the zone is not known, or counts leap seconds", function()
    for _, zone in ipairs { "No/Such_Zone", "right/UTC", "" } do
      assert.equal("2026-01-31T12:00:00Z", in_zone(zone, "timestamp.shown(1769860800)"))
    end
  end)
end)
