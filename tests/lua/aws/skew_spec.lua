local skew = require "lanyard.aws.skew"

local NOW = 784111777
local DATE = "Sun, 06 Nov 1994 08:49:37 GMT"

describe("a wrong clock", function()
  it("is detected from the Date of a rejected signature", function()
    for _, code in ipairs { "RequestTimeTooSkewed", "RequestExpired", "InvalidSignatureException",
      "SignatureDoesNotMatch", "AuthFailure", "RequestInTheFuture" } do
      assert.equal(-600, skew.offset({ code = code, date = DATE }, NOW + 600, 0))
      assert.equal(600, skew.offset({ code = code, date = DATE }, NOW - 600, 0))
    end
  end)
  it("is not assumed if it is close enough, known already, or not indicated by the error", function()
    assert.is_nil(skew.offset({ code = "SignatureDoesNotMatch", date = DATE }, NOW + 200, 0))
    assert.is_nil(skew.offset({ code = "SignatureDoesNotMatch", date = DATE }, NOW + 600, -600))
    assert.is_nil(skew.offset({ code = "SignatureDoesNotMatch" }, NOW + 600, 0))
    assert.is_nil(skew.offset({ code = "SignatureDoesNotMatch", date = "Thu, 01 Jan 0001 00:00:00 GMT" }, NOW, 0))
    assert.is_nil(skew.offset({ code = "AccessDenied", date = DATE }, NOW + 600, 0))
  end)
end)
