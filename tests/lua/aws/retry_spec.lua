local retry = require "lanyard.aws.retry"
local services = require "lanyard.aws.services"

describe("lanyard.aws.retry", function()
  it("recognizes throttling by AWS's codes and by status 429", function()
    assert.is_truthy(retry.is_throttling { code = "ThrottlingException", status = 400 })
    assert.is_truthy(retry.is_throttling { code = "TooManyRequestsException", status = 400 })
    assert.is_truthy(retry.is_throttling { code = "Http429", status = 429 })
    assert.is_falsy(retry.is_throttling { code = "AccessDeniedException", status = 400 })
  end)

  it("retries throttling and 5xx, not rejections", function()
    for _, err in ipairs { { code = "ThrottlingException", status = 400 }, { code = "ServerException", status = 500 },
      { code = "Http503", status = 503 },
      { code = "IDPCommunicationError", status = 400 }, { code = "RequestTimeout", status = 400 } } do
      assert.is_true(retry.is_retryable(err), err.code)
    end
    for _, err in ipairs { { code = "InvalidParameterException", status = 400 }, { code = "LimitExceededException", status = 400 },
      { code = "ExpiredTokenException", status = 400 }, { code = "Http501", status = 501 } } do
      assert.is_false(retry.is_retryable(err), err.code)
    end
  end)

  it("retries the transient error codes of a service", function()
    local err = { code = "RegionSetupInProgressException", status = 400 }
    assert.is_true(retry.is_retryable(err, services.get "lightsail".transient))
    assert.is_false(retry.is_retryable(err, services.get "ecr".transient))
    assert.is_false(retry.is_retryable(err))
  end)

  it("waits a random part of 1, 2, 4, ... 20 seconds", function()
    local function most() return 0.999 end
    for attempt, limit in ipairs { 1, 2, 4, 8, 16, 20, 20 } do
      assert.is_true(retry.delay(attempt, {}, most) < limit)
      assert.is_true(retry.delay(attempt, {}, most) > limit * 0.99)
      assert.equal(0, retry.delay(attempt, {}, function() return 0 end))
    end
    assert.is_true(retry.delay(9, {}, most, 0.5) < 0.5)
  end)

  it("waits as long as AWS asks, up to the longest delay", function()
    local function least() return 0 end
    assert.equal(7, retry.delay(1, { retry_after = 7 }, least))
    assert.equal(20, retry.delay(1, { retry_after = 3600 }, least))
    assert.is_true(retry.delay(5, { retry_after = 1 }, function() return 0.9 end) > 14)
  end)

  it("reads the requested delay from seconds, a date or milliseconds", function()
    local now = 784111777 -- Sun, 06 Nov 1994 08:49:37 GMT
    assert.equal(120, retry.after({ ["retry-after"] = "120" }, now))
    assert.equal(1.5, retry.after({ ["x-amz-retry-after"] = "1500", ["retry-after"] = "9" }, now))
    assert.equal(23, retry.after({ ["retry-after"] = "Sun, 06 Nov 1994 08:50:00 GMT" }, now))
    assert.equal(3, retry.after({ ["retry-after"] = "Sun, 06 Nov 1994 08:50:00 GMT",
      date = "Sun, 06 Nov 1994 08:49:57 GMT" }, now))
    assert.equal(0, retry.after({ ["retry-after"] = "Sun, 06 Nov 1994 08:00:00 GMT" }, now))
    for _, text in ipairs { "", "soon", "-5", "1e9", "0x10", "Sun, 06 Nov 1994" } do
      assert.is_nil(retry.after({ ["retry-after"] = text, ["x-amz-retry-after"] = text }, now), text)
    end
  end)

  it("distinguishes calls that may have been carried out", function()
    for _, err in ipairs { { code = "Connection", sent = true, retryable = true }, { code = "Http503", status = 503 },
      { code = "InvalidResponse", status = 200, sent = true, retryable = false } } do
      assert.is_true(retry.may_have_happened(err), err.code)
    end
    for _, err in ipairs { { code = "ConnectionRefused", sent = false, retryable = true },
      { code = "AccessDeniedException", status = 400, sent = true }, { code = "Throttling", status = 503, sent = true } } do
      assert.is_false(retry.may_have_happened(err), err.code)
    end
  end)

  it("replaces legacy by standard with a message, and rejects other modes", function()
    assert.equal("standard", (retry.mode()))
    assert.same({ "adaptive" }, { retry.mode "adaptive" })
    local mode, message = retry.mode "legacy"
    assert.equal("standard", mode)
    assert.matches("standard is used instead", message)
    mode, message = retry.mode "fast"
    assert.is_nil(mode)
    assert.matches("'fast' is not a retry mode", message)
  end)
end)
