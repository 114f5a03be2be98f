local http_date = require "lanyard.aws.http_date"

describe("a date of HTTP", function()
  it("is read as seconds since 1970", function()
    assert.equal(784111777, http_date.parse "Sun, 06 Nov 1994 08:49:37 GMT")
    assert.equal(0, http_date.parse "Thu, 01 Jan 1970 00:00:00 GMT")
  end)
  it("is read right on every day, leap years included", function()
    for day = 0, 60000, 7 do
      local moment = day * 86400 + 86399
      assert.equal(moment, http_date.parse(os.date("!%a, %d %b %Y %H:%M:%S GMT", moment)))
    end
  end)
  it("is none in another form", function()
    for _, text in ipairs { "", "now", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994",
      "Sun, 06 Foo 1994 08:49:37 GMT", "Sun, 06 Nov 1994 08:49:37 CET", "784111777" } do
      assert.is_nil(http_date.parse(text), text)
    end
    assert.is_nil(http_date.parse(nil))
  end)
end)
