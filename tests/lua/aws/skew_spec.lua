local skew = require "lanyard.aws.skew"

local NOW = 784111777
local DATE = "Sun, 06 Nov 1994 08:49:37 GMT"

describe("a wrong clock", function()
  it("is found from the Date of a refused signature", function()
    for _, code in ipairs { "RequestTimeTooSkewed", "RequestExpired", "InvalidSignatureException",
      "SignatureDoesNotMatch", "AuthFailure", "RequestInTheFuture" } do
      assert.equal(-600, skew.offset({ code = code, date = DATE }, NOW + 600, 0))
      assert.equal(600, skew.offset({ code = code, date = DATE }, NOW - 600, 0))
    end
  end)
  it("is not blamed when it is near enough, known already, or nobody says so", function()
    assert.is_nil(skew.offset({ code = "SignatureDoesNotMatch", date = DATE }, NOW + 200, 0))
    assert.is_nil(skew.offset({ code = "SignatureDoesNotMatch", date = DATE }, NOW + 600, -600))
    assert.is_nil(skew.offset({ code = "SignatureDoesNotMatch" }, NOW + 600, 0))
    assert.is_nil(skew.offset({ code = "SignatureDoesNotMatch", date = "Thu, 01 Jan 0001 00:00:00 GMT" }, NOW, 0))
    assert.is_nil(skew.offset({ code = "AccessDenied", date = DATE }, NOW + 600, 0))
  end)
end)
