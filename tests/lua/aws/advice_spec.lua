local advice = require "lanyard.aws.advice"
local errors = require "lanyard.errors"

describe("advice", function()
  it("on a denied call is the missing statement", function()
    local text = advice.advice(errors.new { code = "AccessDeniedException", service = "ecr", operation = "GetRepositoryPolicy",
      status = 400, message = "User: arn:aws:iam::1:user/x is not authorized to perform: ecr:GetRepositoryPolicy "
        .. "on resource: arn:aws:ecr:us-east-1:1:repository/a because no policy allows it" })
    assert.match('"Action":"ecr:GetRepositoryPolicy"', text)
    assert.match('"Resource":"arn:aws:ecr:us%-east%-1:1:repository/a"', text:gsub("\\/", "/"))
    text = advice.advice(errors.new { code = "AccessDenied", service = "portal.sso", status = 403, message = "no" })
    assert.match("lanyard permissions prints", text)
  end)

  it("on a Region without the service is not about keys", function()
    local text = advice.advice(errors.new { code = "InvalidSignatureException", service = "lightsail", status = 400,
      operation = "GetContainerServices", message = "Credential should be scoped to a valid region. " })
    assert.match("check the Region", text)
  end)

  it("on a file that cannot be written is not about IAM", function()
    local err = errors.new { code = "AccessDenied", message = "cannot write a.md: Permission denied" }
    assert.is_nil(advice.advice(err))
  end)

  it("prefers the advice registered last, and falls back when it returns nil", function()
    local err = errors.new { code = "ThrottlingException", message = "slow down" }
    local general = advice.advice(err)
    advice.register { ThrottlingException = function(failure)
      return failure.service == "example" and "call Example once a minute" or nil
    end }
    assert.equal(general, advice.advice(err))
    err.service = "example"
    assert.equal("  call Example once a minute", advice.advice(err))
  end)
end)
