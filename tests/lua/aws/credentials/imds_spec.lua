local Double = require "double"
local http = require "lanyard.http"
local httpd = require "lanyard.httpd"
local imds = require "lanyard.aws.credentials.imds"
local ini = require "lanyard.ini"
local json = require "lanyard.json"
local task = require "lanyard.task"

local SECRETS = { "wJalrTESTKEY", "the+session+token", "imds-token-1==", "imds-token-2==" }
local ROLES = "/latest/meta-data/iam/security-credentials/"

-- An instance with a role. `answers` replaces the reply to a path: by a reply, or a function that returns it.
local function instance(answers)
  local tokens = 0
  return function(request)
    local answer = answers and answers[request.path]
    if type(answer) == "function" then answer = answer(request) end
    if answer then return answer end
    if request.path == "/latest/api/token" then
      tokens = tokens + 1
      return {
        status = 200, body = ("imds-token-%d=="):format(tokens),
        headers = { ["X-Aws-Ec2-Metadata-Token-Ttl-Seconds"] = "21600" },
      }
    elseif request.headers["x-aws-ec2-metadata-token"] ~= ("imds-token-%d=="):format(tokens) then
      return { status = 401 }
    elseif request.path == ROLES then
      return { status = 200, body = "web-role" }
    elseif request.path == ROLES .. "web-role" then
      return {
        status = 200,
        body = json.encode {
          Code = "Success", Type = "AWS-HMAC", AccessKeyId = "ASIATEST", SecretAccessKey = SECRETS[1],
          Token = SECRETS[2], Expiration = "2023-11-15T04:13:20Z", LastUpdated = "2023-11-14T22:00:00Z",
        },
      }
    elseif request.path == "/latest/meta-data/placement/region" then
      return { status = 200, body = "eu-west-3" }
    end
    return { status = 404 }
  end
end

-- Runs the provider (or `ask`) against an instance.
local function find(answers, how)
  how = how or {}
  local double <close> = Double.new(instance(answers))
  local keys, message = Double.environment(how.variables or {}, how.ask or imds.find, double:context(how))
  assert.is_true(Double.silent(SECRETS, keys, message, table.concat(double.lines)))
  return keys, message, double
end

local function none(answers, how)
  local keys, message, double = find(answers, how)
  assert.is_nil(keys)
  assert.equal("string", type(message))
  return message, double
end

local function fails(answers, how)
  local keys, err, double = find(answers, how)
  assert.is_nil(keys)
  assert.equal("table", type(err))
  return err, double
end

local function paths_of(double)
  local paths = {}
  for i, request in ipairs(double.requests) do paths[i] = request.method .. " " .. request.path end
  return table.concat(paths, ", ")
end

describe("the credentials of an instance", function()
  it("are requested with a token, without a proxy, and with a short timeout", function()
    local keys, _, double = find()
    assert.equal("ASIATEST", keys.access_key_id)
    assert.equal(Double.NOW + 6 * 3600, keys.expires)
    assert.equal("instance", keys.source)
    assert.is_true(Double.holds(keys, SECRETS[1], SECRETS[2]))
    assert.equal("PUT /latest/api/token, GET " .. ROLES .. ", GET " .. ROLES .. "web-role", paths_of(double))
    assert.equal("http://169.254.169.254/latest/api/token", double.requests[1].url)
    assert.equal("21600", double.requests[1].headers["x-aws-ec2-metadata-token-ttl-seconds"])
    for _, request in ipairs(double.requests) do
      assert.is_true(request.direct)
      assert.equal(1, request.timeout)
    end
  end)

  it("are fetched with the cached token, and with a new one after it expires", function()
    local double <close> = Double.new(instance())
    local context = double:context()
    Double.environment({}, function()
      assert(imds.find(context))
      assert(imds.find(context))
      assert.equal(5, #double.requests)
      double.time = double.time + 21600
      assert(imds.find(context))
      assert.equal("PUT", double.requests[6].method)
    end)
  end)

  it("are fetched with one new token if the old one is rejected", function()
    local refusals = 0
    local _, _, double = find {
      [ROLES] = function()
        refusals = refusals + 1
        return refusals == 1 and { status = 401 } or nil
      end,
    }
    assert.equal(("PUT /latest/api/token, GET %s, "):format(ROLES):rep(2) .. "GET " .. ROLES .. "web-role", paths_of(double))
    local err
    err, double = fails { [ROLES] = { status = 401 } }
    assert.matches("status 401", err.message)
    assert.equal(4, #double.requests)
  end)

  it("do not exist if the environment disables the service", function()
    local message, double = none(nil, { variables = { AWS_EC2_METADATA_DISABLED = "True" } })
    assert.matches("AWS_EC2_METADATA_DISABLED", message)
    assert.equal(0, #double.requests)
  end)

  it("do not exist if the service is disabled, and are never requested without a token", function()
    for _, status in ipairs { 403, 404, 405 } do
      local message, double = none { ["/latest/api/token"] = { status = status } }
      assert.matches("status " .. status, message)
      assert.equal(1, #double.requests)
    end
  end)

  it("do not exist if the instance has no role", function()
    assert.matches("no IAM role", none { [ROLES] = { status = 404 } })
    assert.matches("no IAM role", none { [ROLES] = { status = 200, body = "\n" } })
    assert.matches("web%-role", none { [ROLES .. "web-role"] = { status = 404 } })
  end)

  it("are an error if the token request is rejected as invalid", function()
    assert.matches("status 400", fails({ ["/latest/api/token"] = { status = 400 } }).message)
    fails { ["/latest/api/token"] = { status = 200, body = "<html>\n" } }
  end)

  it("are requested only once on a machine that is not an instance", function()
    local closed = assert(httpd.serve { handler = function() end })
    closed.close()
    local double <close> = Double.new(function() error "asked" end)
    local keys, message = Double.environment({ AWS_EC2_METADATA_SERVICE_ENDPOINT = closed.url }, imds.find,
      double:context { transport = http.request })
    assert.is_nil(keys)
    assert.equal("string", type(message))
    assert.equal(0, #double.slept)
  end)

  it("do not exist if the first reply is slow, which a hop limit of 1 can cause", function()
    local double <close> = Double.new(function()
      task.sleep(5)
      return { status = 200 }
    end)
    double.patience = 0.05
    local keys, message = Double.environment({}, imds.find, double:context())
    assert.is_nil(keys)
    assert.matches("hop limit", message)
    assert.equal(1, #double.requests)
  end)

  it("are requested up to four times while the service fails", function()
    local calls = {}
    local function once_503(request)
      calls[request.path] = (calls[request.path] or 0) + 1
      return calls[request.path] == 1 and { status = 503 } or nil
    end
    local keys, _, double = find { ["/latest/api/token"] = once_503, [ROLES] = once_503, [ROLES .. "web-role"] = once_503 }
    assert.equal("ASIATEST", keys.access_key_id)
    assert.equal(3, #double.slept)
    for _, path in ipairs { "/latest/api/token", ROLES, ROLES .. "web-role" } do
      local err
      for _, status in ipairs { 500, 429 } do
        err, double = fails { [path] = { status = status } }
        assert.matches("status " .. status, err.message)
        assert.equal(3, #double.slept)
      end
    end
  end)

  it("are requested within the limits of the environment, else of the profile", function()
    local err, double = fails({ [ROLES] = { status = 500 } }, {
      variables = { AWS_METADATA_SERVICE_NUM_ATTEMPTS = "2", AWS_METADATA_SERVICE_TIMEOUT = "3" },
      values = { metadata_service_num_attempts = "7", metadata_service_timeout = "8" },
    })
    assert.matches("status 500", err.message)
    assert.equal(3, #double.requests)
    assert.equal(3, double.requests[1].timeout)
    err, double = fails({ [ROLES] = { status = 500 } }, {
      values = { metadata_service_num_attempts = "1", metadata_service_timeout = "0.5" },
    })
    assert.matches("status 500", err.message)
    assert.equal(2, #double.requests)
    assert.equal(0.5, double.requests[1].timeout)
    for _, wrong in ipairs { "0", "-1", "many" } do
      assert.matches("num_attempts", fails(nil, { values = { metadata_service_num_attempts = wrong } }).message)
    end
    for _, wrong in ipairs { "0", "-1", "inf", "1e999" } do
      assert.matches("timeout", fails(nil, { values = { metadata_service_timeout = wrong } }).message)
    end
    assert.matches("value on one line", fails(nil, { values = { ec2_metadata_service_endpoint = { a = "b" } } }).message)
    assert.matches("TIMEOUT", fails(nil, { variables = { AWS_METADATA_SERVICE_TIMEOUT = "long" } }).message)
  end)

  it("are not read from an invalid reply", function()
    local wrong = {
      ["not reply with JSON"] = "AccessKeyId: " .. SECRETS[1],
      ["AssumeRoleUnauthorizedAccess: EC2 cannot assume it"] =
        '{"Code":"AssumeRoleUnauthorizedAccess","Message":"EC2 cannot assume it"}',
      ["returned no AccessKeyId"] = '{"Code":"Success"}',
    }
    for what, body in pairs(wrong) do
      local err = fails { [ROLES .. "web-role"] = { status = 200, body = body } }
      assert.matches(what, err.message, 1, true)
    end
    assert.matches("status 403", fails({ [ROLES .. "web-role"] = { status = 403 } }).message)
  end)

  it("stay in use after they expire while the service has no others, and are requested again in 10 to 20 minutes", function()
    for _, left in ipairs { -86400, -1, 60, 700 } do
      local double <close> = Double.new(instance())
      double.time = Double.NOW + 6 * 3600 - left
      local keys = assert(Double.environment({}, imds.find, double:context()))
      assert.is_true(keys.expires >= double.time + 720 and keys.expires <= double.time + 1200)
      assert.matches("stay in use", table.concat(double.lines))
    end
  end)
end)

describe("the Region of an instance", function()
  it("comes from the same service", function()
    local region, _, double = find(nil, { ask = imds.region })
    assert.equal("eu-west-3", region)
    assert.equal("PUT /latest/api/token, GET /latest/meta-data/placement/region", paths_of(double))
  end)

  it("does not exist without the service, and is rejected if it is invalid", function()
    none({ ["/latest/api/token"] = { status = 403 } }, { ask = imds.region })
    none(nil, { ask = imds.region, variables = { AWS_EC2_METADATA_DISABLED = "true" } })
    local path = "/latest/meta-data/placement/region"
    fails({ [path] = { status = 200, body = "narnia" } }, { ask = imds.region })
    fails({ [path] = { status = 404 } }, { ask = imds.region })
    fails({ [path] = { status = 503 } }, { ask = imds.region })
  end)
end)

describe("the endpoint of instance metadata", function()
  it("cannot contain another host", function()
    for _, url in ipairs { "169.254.169.254", "ftp://host", "http://user@host", "http://host\r\nX: y", "http://" } do
      local found, err = imds.endpoint({ name = "default", values = {} }, { endpoint = url })
      assert.is_nil(found)
      assert.equal("InvalidConfig", err.code)
    end
  end)

  -- The error messages of the AWS SDK for Rust, each with a part of the equivalent message.
  local MEANT = {
    ["`error` is not a valid endpoint mode"] = "AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE is 'error': ipv4 or ipv6 is expected",
    ["`IPv7` is not a valid endpoint mode"] = "ec2_metadata_service_endpoint_mode of profile 'default' is 'IPv7': ipv4 or ipv6 is",
    ["invalid uri character"] = "'not a uri': http://HOST is expected",
  }

  for _, case in ipairs(dofile "tests/vectors/imds.lua") do
    it("is resolved as by the AWS SDKs: " .. case.name, function()
      local config = ini.parse(case.config or "", "config")
      local found, err = Double.environment(case.variables, imds.endpoint,
        { name = "default", values = config.profiles.default or {} }, { endpoint = case.endpoint, mode = case.mode })
      assert.equal(case.token_url, found and found .. "/latest/api/token")
      if case.error then
        assert.matches(MEANT[case.error], err.message, 1, true)
      end
    end)
  end
end)
