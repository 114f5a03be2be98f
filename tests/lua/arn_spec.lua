local arn = require "lanyard.arn"
local match = require "lanyard.match"

describe("arn.parse", function()
  it("splits into six parts and keeps the colons of the last", function()
    assert.same({ partition = "aws", service = "iam", region = "", account = "111122223333", resource = "role/a:b" },
      arn.parse "arn:aws:iam::111122223333:role/a:b")
  end)
  it("rejects text that is not an ARN", function()
    for _, text in ipairs { "", "arn", "arn:aws:iam::1", "xrn:aws:iam::1:x", "arn:aws:iam::1:" } do
      local parsed, err = arn.parse(text)
      assert.is_nil(parsed, text)
      assert.is_truthy(err.message)
    end
  end)
end)

describe("match.glob", function()
  it("supports * and ?", function()
    assert.is_true(match.glob("team/*", "team/app/x"))
    assert.is_true(match.glob("a?c", "abc"))
    assert.is_false(match.glob("a?c", "ac"))
    assert.is_false(match.glob("team/*", "teams/app"))
    assert.is_true(match.glob("ECR:get*", "ecr:GetX", true))
  end)
end)
