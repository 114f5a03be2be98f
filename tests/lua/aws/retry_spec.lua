local retry = require "lanyard.aws.retry"

describe("retry", function()
  it("knows throttling by AWS's codes and by status 429", function()
    assert.is_truthy(retry.is_throttling { code = "ThrottlingException", status = 400 })
    assert.is_truthy(retry.is_throttling { code = "TooManyRequestsException", status = 400 })
    assert.is_truthy(retry.is_throttling { code = "Http429", status = 429 })
    assert.is_falsy(retry.is_throttling { code = "AccessDeniedException", status = 400 })
  end)

  it("tries throttling, 5xx and a Region that is being set up again, and no refusal", function()
    for _, err in ipairs { { code = "ThrottlingException", status = 400 }, { code = "ServerException", status = 500 },
      { code = "Http503", status = 503 }, { code = "RegionSetupInProgressException", status = 400 } } do
      assert.is_true(retry.is_retryable(err), err.code)
    end
    for _, err in ipairs { { code = "InvalidParameterException", status = 400 }, { code = "LimitExceededException", status = 400 },
      { code = "ExpiredTokenException", status = 400 }, { code = "Http501", status = 501 } } do
      assert.is_false(retry.is_retryable(err), err.code)
    end
  end)

  it("waits a random part of 1, 2, 4, ... 20 seconds", function()
    local function most() return 0.999 end
    for attempt, limit in ipairs { 1, 2, 4, 8, 16, 20, 20 } do
      assert.is_true(retry.delay(attempt, most) < limit)
      assert.is_true(retry.delay(attempt, most) > limit * 0.99)
      assert.equal(0, retry.delay(attempt, function() return 0 end))
    end
  end)
end)
