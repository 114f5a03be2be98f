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

  it("is decoded by the strict reader, and the reason of a rejection is named", function()
    for body, reason in pairs {
      ['{"a":1,"a":2}'] = 'duplicate name "a"', ["{} {}"] = "expected the end of the text", ['{"a":"\xff"}'] = "is not UTF-8",
      ["{'a':1}"] = "a member's name in quotes", ['{"a":1,}'] = "expected", ['{"a":01}'] = "a leading zero", ['{"a":NaN}'] = "expected a value",
      [('{"a":'):rep(65) .. "1" .. ("}"):rep(65)] = "nested deeper than 64", ['{"a":"\\ud800"}'] = "surrogate",
      ['{"a":1e999}'] = "the number is too large", ['{"a":"\n"}'] = "control character", ["{"] = "the text ends",
    } do
      local output, message = json.decode(body)
      assert.is_nil(output, body)
      assert.matches("^the reply is not JSON: line 1, column %d+: ", message)
      assert.matches(reason, message, 1, true)
    end
    for _, body in ipairs { "[{}]", '"x"', "1", "null", "true" } do
      local output, message = json.decode(body)
      assert.is_nil(output, body)
      assert.equal("the reply is not a JSON object", message)
    end
  end)

  it("reads every character of a text, as the log of a container can have it", function()
    assert.same({ logEvents = { { message = "a\0b\27" } } }, (json.decode '{"logEvents":[{"message":"a\\u0000b\\u001b"}]}'))
  end)

  it("sends what a reply has again unchanged: lists, maps and integers", function()
    local body = '{"big":9007199254740993,"command":[],"environment":{},"least":-9223372036854775808,"most":9223372036854775807,'
      .. '"nested":[[],{}],"scale":1,"size":0.1,"text":"é\\u0001"}'
    local _, sent = json.encode({ version = "1.1", target = "T" }, "Put", (json.decode(body)))
    assert.equal(body, sent)
    _, sent = json.encode({ version = "1.1", target = "T" }, "Put", { scale = 1.0, list = json.decode('{"a":[null]}').a })
    assert.equal('{"list":[],"scale":1}', sent)
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
