-- The emulator rejects what AWS rejects: a tampered body, header, path, date or key.

local credentials = require "lanyard.credentials"
local emulator = require "lanyard.emulator"
local json = require "lanyard.json"
local server = require "lanyard.emulator.server"
local sigv4 = require "lanyard.sigv4"

local world = assert(emulator.world {})

-- Sends a signed request after `change` altered it. Returns the status, code and message of the reply.
local function send(change, options)
  options = options or {}
  local body = options.body or "{}"
  local headers = {
    ["Content-Type"] = "application/x-amz-json-1.1",
    ["X-Amz-Target"] = options.target or "AmazonEC2ContainerRegistry_V20150921." .. (options.operation or "DescribeRepositories"),
  }
  local added = sigv4.sign {
    method = "POST", url = "http://localhost/", headers = headers, body = body,
    region = options.region or "us-east-1", service = options.service or "ecr", time = options.time or os.time(),
    credentials = credentials.new {
      access_key_id = options.key or emulator.ACCESS_KEY_ID,
      secret_access_key = options.secret or emulator.SECRET_ACCESS_KEY,
      session_token = options.token,
    },
  }
  local request = { method = "POST", target = "/", path = "/", body = body, headers = { host = "localhost" } }
  for _, list in ipairs { headers, added } do
    for name, value in pairs(list) do request.headers[name:lower()] = value end
  end
  if change then change(request) end
  local reply = server.dispatch(world, request)
  local answer = json.decode(reply.body)
  return reply.status, answer and answer.__type, answer and answer.message
end

describe("the emulator's front end", function()
  it("accepts a valid signature", function()
    assert.equal(200, (send()))
  end)

  it("rejects a tampered body, header, path or host", function()
    for name, change in pairs {
      body = function(request) request.body = '{"maxResults":1}' end,
      header = function(request) request.headers["content-type"] = "application/x-amz-json-1.1; charset=x" end,
      target = function(request) request.headers["x-amz-target"] = "AmazonEC2ContainerRegistry_V20150921.ListImages" end,
      path = function(request) request.target = "/elsewhere" end,
      query = function(request) request.target = "/?x=1" end,
      host = function(request) request.headers.host = "elsewhere" end,
      signature = function(request)
        request.headers.authorization = request.headers.authorization:gsub("Signature=%x", "Signature=x")
      end,
    } do
      local status, code = send(change)
      assert.equal(400, status, name)
      assert.equal("InvalidSignatureException", code, name)
    end
  end)

  it("answers in every Region of a service, and never with a signature error in a Region that exists", function()
    local regions = require "lanyard.aws.regions"
    for _, region in ipairs(regions.of "ecr") do
      assert.equal(200, (send(nil, { region = region })))
      local status, code = send(nil, { region = region, service = "lightsail", target = "Lightsail_20161128.GetContainerServices" })
      assert.equal(regions.serves("lightsail", region) and 200 or 403, status, region)
      assert.equal(not regions.serves("lightsail", region) and "OptInRequired" or nil, code, region)
    end
  end)

  it("rejects the key in another partition, and a Region that does not exist", function()
    for region, code in pairs { ["cn-north-1"] = "UnrecognizedClientException", ["us-gov-west-1"] = "UnrecognizedClientException",
      ["eusc-de-east-1"] = "UnrecognizedClientException", ["us-east-9"] = "InvalidSignatureException",
      ["nowhere"] = "InvalidSignatureException" } do
      local status, found = send(nil, { region = region })
      assert.equal(400, status)
      assert.equal(code, found, region)
    end
  end)

  it("rejects a wrong secret, an unknown key, and an unknown token", function()
    for expected, options in pairs {
      InvalidSignatureException = { secret = "wrong" },
      UnrecognizedClientException = { key = "AKIAIOSFODNN7NOBODY" },
    } do
      local status, code = send(nil, options)
      assert.equal(400, status)
      assert.equal(expected, code)
    end
    local _, code = send(nil, { token = "token" })
    assert.equal("UnrecognizedClientException", code)
  end)

  it("rejects a time more than five minutes off, and a date that differs from the scope", function()
    local _, code, message = send(nil, { time = os.time() - 400 })
    assert.equal("InvalidSignatureException", code)
    assert.matches("^Signature expired: ", message)
    _, code, message = send(nil, { time = os.time() + 400 })
    assert.equal("InvalidSignatureException", code)
    assert.matches("^Signature not yet current: ", message)
    _, code = send(function(request) request.headers["x-amz-date"] = "20150830T123600Z" end)
    assert.equal("InvalidSignatureException", code)
    assert.equal(200, (send(nil, { time = os.time() - 200 })))
  end)

  it("rejects the scope of another service or Region", function()
    local _, code, message = send(nil, { service = "s3" })
    assert.equal("InvalidSignatureException", code)
    assert.matches("correct service: 'ecr'", message)
    for _, region in ipairs { "nowhere", "us-est-1" } do
      _, code = send(nil, { region = region })
      assert.equal("InvalidSignatureException", code)
    end
  end)

  it("rejects an unsigned or incompletely signed request", function()
    local _, code = send(function(request) request.headers.authorization = nil end)
    assert.equal("MissingAuthenticationTokenException", code)
    _, code = send(function(request) request.headers.authorization = "AWS4-HMAC-SHA256 Credential=x" end)
    assert.equal("IncompleteSignatureException", code)
    _, code = send(function(request) request.headers["x-amz-date"] = nil end)
    assert.equal("IncompleteSignatureException", code)
  end)

  it("checks each signature of a client whose header it has parsed before", function()
    for _ = 1, 2 do assert.equal(200, (send())) end
    for from, to in pairs {
      ["Signature=%x"] = "Signature=X", ["Signature=%x%x%x"] = "Signature=,,,", ["%x()$"] = " ", ["%x%x$"] = "",
      ["%x$"] = "%0%0", ["Signature="] = "signature=", ["us%-east%-1"] = "us-west-2", ["host;"] = "", ["/ecr/"] = "/ssm/",
    } do
      local status = send(function(request)
        local changed, count = request.headers.authorization:gsub(from, to)
        assert.equal(1, count, from)
        request.headers.authorization = changed
      end)
      assert.equal(400, status, from)
    end
    assert.equal(200, (send()))
  end)

  it("rejects an unknown operation as AWS does", function()
    local status, code = send(nil, { operation = "FlyToTheMoon" })
    assert.equal(400, status)
    assert.equal("UnknownOperationException", code)
  end)

  it("rejects a body that is not JSON, or has a type other than in the model", function()
    for _, body in ipairs { "{", "[]", '"x"', '{"maxResults":"1"}', '{"repositoryNames":{}}' } do
      local status, code = send(nil, { body = body })
      assert.equal(400, status)
      assert.equal("SerializationException", code, body)
    end
  end)
end)
