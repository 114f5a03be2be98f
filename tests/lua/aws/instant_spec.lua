local instant = require "lanyard.aws.instant"

describe("an instant", function()
  it("is read in every zone's spelling that AWS's tools write", function()
    assert.equal(0, instant.read "1970-01-01T00:00:00Z")
    assert.equal(1234567890, instant.read "2009-02-13T23:31:30Z")
    assert.equal(1234567890, instant.read "2009-02-13T23:31:30UTC")
    assert.equal(1234567890, instant.read "2009-02-13T23:31:30.123456Z")
    assert.equal(1234567890, instant.read "2009-02-14T01:31:30+02:00")
    assert.equal(1234567890, instant.read "2009-02-13T18:01:30-0530")
    assert.equal(951782400, instant.read "2000-02-29T00:00:00Z")
    assert.equal(4107542400, instant.read "2100-03-01T00:00:00Z")
  end)

  it("is written so that it is read as the same", function()
    for seconds = 0, 4e9, 86400 * 17 + 12345 do
      assert.equal(seconds, instant.read(instant.write(seconds)))
    end
  end)

  it("is none where the text is no moment", function()
    for _, text in ipairs { "", "tomorrow", "2009-02-13", "2009-13-13T23:31:30Z", "2009-02-32T23:31:30Z",
      "2009-02-13T23:31:30", "2009-02-13T23:31:30 Europe/Berlin" } do
      assert.is_nil(instant.read(text))
    end
    assert.is_nil(instant.read(nil))
  end)
end)

describe("a date of HTTP", function()
  it("is read as seconds since 1970", function()
    assert.equal(784111777, instant.read_http "Sun, 06 Nov 1994 08:49:37 GMT")
    assert.equal(0, instant.read_http "Thu, 01 Jan 1970 00:00:00 GMT")
  end)
  it("is read right on every day, leap years included", function()
    for day = 0, 60000, 7 do
      local moment = day * 86400 + 86399
      assert.equal(moment, instant.read_http(os.date("!%a, %d %b %Y %H:%M:%S GMT", moment)))
    end
  end)
  it("is none in another form", function()
    for _, text in ipairs { "", "now", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994",
      "Sun, 06 Foo 1994 08:49:37 GMT", "Sun, 06 Nov 1994 08:49:37 CET", "784111777" } do
      assert.is_nil(instant.read_http(text), text)
    end
    assert.is_nil(instant.read_http(nil))
  end)
end)
