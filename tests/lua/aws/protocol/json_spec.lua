local json = require "lanyard.aws.protocol.json"

local function error_of(body, headers)
  return json.decode_error { body = body, headers = headers or {} }
end

describe("AWS JSON", function()
  it("names version and operation in the headers", function()
    for _, version in ipairs { "1.0", "1.1" } do
      local headers, body = json.encode({ version = version, target = "Prefix" }, "Get", {})
      assert.same({ ["Content-Type"] = "application/x-amz-json-" .. version, ["X-Amz-Target"] = "Prefix.Get" }, headers)
      assert.equal("{}", body)
    end
  end)

  it("reads the code of an error in each of its forms", function()
    for _, case in ipairs {
      { '{"__type":"ThrottlingException"}' },
      { '{"__type":"com.amazonaws.ecr#ThrottlingException"}' },
      { '{"__type":"aws.ecr#ThrottlingException:http://internal.amazon.com/x"}' },
      { '{"code":"ThrottlingException"}' },
      { "", { ["x-amzn-errortype"] = "ThrottlingException:http://internal.amazon.com/" } },
    } do
      assert.equal("ThrottlingException", error_of(case[1], case[2]).code, case[1])
    end
  end)

  it("prefers the Query form of the code if a service sends it", function()
    local err = error_of('{"__type":"com.amazonaws.sqs#QueueDoesNotExist","message":"m"}',
      { ["x-amzn-query-error"] = "AWS.SimpleQueueService.NonExistentQueue;Sender" })
    assert.equal("AWS.SimpleQueueService.NonExistentQueue", err.code)
    assert.equal("m", err.message)
  end)

  it("omits the members that an error does not contain", function()
    for _, body in ipairs { "", "{}", "[]", "5", "<html>", '{"__type":5,"message":{}}', '{"__type":""}' } do
      local err = error_of(body)
      assert.is_nil(err.code, body)
      assert.is_nil(err.message, body)
    end
    assert.equal("m", error_of('{"Message":"m"}').message)
  end)
end)
