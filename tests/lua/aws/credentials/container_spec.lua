local Double = require "double"
local container = require "lanyard.aws.credentials.container"
local helper = require "helper"
local http = require "lanyard.http"
local httpd = require "lanyard.httpd"
local json = require "lanyard.json"
local task = require "lanyard.task"

local SECRETS = { "wJalrTESTKEY", "the+session+token", "bearer-of-the-container" }

local function document(more)
  local fields = {
    RoleArn = "arn:aws:iam::111122223333:role/task", AccessKeyId = "ASIATEST", SecretAccessKey = SECRETS[1],
    Token = SECRETS[2], Expiration = "2023-11-15T04:13:20Z", AccountId = "111122223333",
  }
  for name, value in pairs(more or {}) do fields[name] = value ~= json.null and value or nil end
  return { status = 200, headers = { ["Content-Type"] = "application/json" }, body = json.encode(fields) }
end

-- Runs the provider against a handler, and returns the double with the requests.
local function find(handler, variables)
  local environment = { AWS_CONTAINER_CREDENTIALS_RELATIVE_URI = "/v2/credentials/1" }
  for name, value in pairs(variables or {}) do environment[name] = value end
  local double <close> = Double.new(handler)
  local keys, err = Double.environment(environment, container.find, double:context())
  assert.is_true(Double.silent(SECRETS, keys, err, table.concat(double.lines)))
  return keys, err, double
end

-- Returns the error of a provider that is configured but has no credentials.
local function fails(handler, variables)
  local keys, err, double = find(handler, variables)
  assert.is_nil(keys)
  assert.equal("table", type(err))
  return err, double
end

describe("the credentials of a container", function()
  it("come from the ECS endpoint, without a proxy", function()
    local keys, _, double = find(function() return document() end)
    assert.equal("ASIATEST", keys.access_key_id)
    assert.equal("111122223333", keys.account_id)
    assert.equal("container", keys.source)
    assert.equal(Double.NOW + 6 * 3600, keys.expires)
    assert.is_true(Double.holds(keys, SECRETS[1], SECRETS[2]))
    local request = double.requests[1]
    assert.equal("http://169.254.170.2/v2/credentials/1", request.url)
    assert.is_true(request.direct)
    assert.equal("GET", request.method)
    assert.equal("application/json", request.headers.accept)
    assert.is_nil(request.headers.authorization)
  end)

  it("do not exist if the environment names no endpoint", function()
    local keys, message = find(function() error "asked" end, { AWS_CONTAINER_CREDENTIALS_RELATIVE_URI = "" })
    assert.is_nil(keys)
    assert.matches("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", message)
  end)

  it("are requested with the token of the environment", function()
    local _, _, double = find(function() return document() end, { AWS_CONTAINER_AUTHORIZATION_TOKEN = SECRETS[3] })
    assert.equal(SECRETS[3], double.requests[1].headers.authorization)
  end)

  it("are requested with the token of a file, which is read each time, before the token of the environment", function()
    local folder <close> = helper.folder()
    local path = folder .. "/token"
    local variables = { AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE = path, AWS_CONTAINER_AUTHORIZATION_TOKEN = "wrong" }
    for _, token in ipairs { "first", "second" } do
      helper.write(path, token)
      local _, _, double = find(function() return document() end, variables)
      assert.equal(token, double.requests[1].headers.authorization)
    end
  end)

  it("are not requested with a token that a header cannot contain", function()
    local folder <close> = helper.folder()
    local path = folder .. "/token"
    for _, token in ipairs { SECRETS[3] .. "\n", SECRETS[3] .. "\r\nX-Other: 1", "" } do
      helper.write(path, token)
      local err, double = fails(function() error "asked" end, { AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE = path })
      assert.matches(path, err.message, 1, true)
      assert.equal(0, #double.requests)
    end
    fails(function() error "asked" end, { AWS_CONTAINER_AUTHORIZATION_TOKEN = SECRETS[3] .. "\nX: 1" })
    local err = fails(function() error "asked" end, { AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE = folder .. "/none" })
    assert.matches("No such file", err.message)
  end)

  it("are requested up to three times while the endpoint fails", function()
    local answers = { { status = 503 }, { status = 200, body = "{}", cut = 1 }, document() }
    local keys, _, double = find(function() return table.remove(answers, 1) end)
    assert.equal("ASIATEST", keys.access_key_id)
    assert.equal(2, #double.slept)
    local err
    err, double = fails(function() return { status = 500 } end)
    assert.matches("status 500", err.message)
    assert.equal(3, #double.requests)
  end)

  it("are not requested again if the endpoint rejects the request", function()
    local err, double = fails(function() return { status = 403, body = SECRETS[1] } end)
    assert.matches("status 403", err.message)
    assert.equal(1, #double.requests)
  end)

  it("are not waited for if nothing replies", function()
    local closed = assert(httpd.serve { handler = function() end })
    closed.close()
    local double <close> = Double.new(function() error "asked" end)
    local keys, err = Double.environment({ AWS_CONTAINER_CREDENTIALS_FULL_URI = closed.url .. "/x" }, container.find,
      double:context { transport = http.request })
    assert.is_nil(keys)
    assert.equal("ConnectionRefused", err.code)
    assert.equal(2, #double.slept)
  end)

  it("are not waited for if a reply is slow", function()
    local double <close> = Double.new(function()
      task.sleep(5)
      return document()
    end)
    double.patience = 0.05
    local keys, err = Double.environment({ AWS_CONTAINER_CREDENTIALS_RELATIVE_URI = "/" }, container.find, double:context())
    assert.is_nil(keys)
    assert.equal(2, double.requests[1].timeout)
    assert.equal("Timeout", err.code)
    assert.equal(3, #double.requests)
  end)

  it("are not read from an invalid reply, and the error gives the reason", function()
    local wrong = {
      ["not reply with JSON"] = { status = 200, body = "<html>" .. SECRETS[1] },
      ["returned no SecretAccessKey"] = document { SecretAccessKey = json.null },
      ["returned no Token"] = document { Token = "" },
      ["returned no AccessKeyId"] = document { AccessKeyId = 12 },
      ["returned no Expiration"] = document { Expiration = json.null },
      ["'tomorrow'"] = document { Expiration = "tomorrow" },
      ["returned expired credentials"] = document { Expiration = "2023-11-14T22:13:20Z" },
      ["NoRole: there is none"] = { status = 200, body = '{"code":"NoRole","message":"there is none"}' },
      ["status 302"] = { status = 302, headers = { Location = "http://127.0.0.1/" } },
    }
    for what, answer in pairs(wrong) do
      local err = fails(function() return answer end)
      assert.equal("InvalidResponse", err.code)
      assert.matches(what, err.message, 1, true)
    end
    fails(function() return { status = 200, body = "[]" } end)
    local err, double = fails(function() return { status = 200, body = ("x"):rep(100000) } end)
    assert.equal("TooLarge", err.code)
    assert.equal(1, #double.requests)
  end)
end)

describe("the URI of the credentials of a container", function()
  local function url_of(variables)
    return Double.environment(variables, container.url)
  end

  it("is rejected with http unless requests stay on the machine", function()
    local function full(url) return url_of { AWS_CONTAINER_CREDENTIALS_FULL_URI = url } end
    for _, url in ipairs { "http://127.0.0.1/x", "http://127.255.0.9:80/", "http://LOCALHOST/", "http://[::1]:8/x?y=1",
      "https://example.com/x", "http://169.254.170.23/v1", "http://[FD00:EC2::23]/v1" } do
      assert.equal(url, full(url))
    end
    for _, url in ipairs { "http://example.com/", "http://127.0.0.1.example.com/", "http://localhost.example.com/",
      "http://169.254.170.2@example.com/", "http://example.com\\@127.0.0.1/", "http://169.254.170.20/",
      "http://127.1/", "http://127.0.0.256/", "http://2130706433/", "http://[::2]/", "http://169.254.169.254/", "http:///x",
      "http://localhost:/x", "ftp://localhost/", "localhost/x", "http://localhost/a b", "http://127.0.0.1/\r\nX: y" } do
      local found, err = full(url)
      assert.is_nil(found)
      assert.equal("InvalidConfig", err.code)
    end
    local _, err = full "http://user:hidden@127.0.0.1/x"
    assert.matches("contains a user or a password, which has no valid host", err.message)
    assert.not_matches("hidden", err.message)
  end)

  it("is a path if it is relative, and cannot change the host", function()
    for _, path in ipairs { "@example.com/", ".example.com/", "credentials", "/a b" } do
      local found, err = url_of { AWS_CONTAINER_CREDENTIALS_RELATIVE_URI = path }
      assert.is_nil(found)
      assert.equal("InvalidConfig", err.code)
    end
  end)

  -- The error messages of the AWS SDK for Rust, each with a pattern of the equivalent message.
  local MEANT = { ["No environment variables were set"] = "is set$", ["URI did not specify a host"] = "has no valid host" }

  for _, case in ipairs(dofile "tests/vectors/ecs.lua") do
    it("is read as by the AWS SDKs: " .. case.name, function()
      local found, message = url_of(case.variables)
      assert.equal(case.url, found)
      if case.error then
        local meant
        for theirs, ours in pairs(MEANT) do
          meant = case.error:find(theirs, 1, true) and ours or meant
        end
        assert.matches(meant, tostring(message))
      end
    end)
  end
end)
