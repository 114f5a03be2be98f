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
