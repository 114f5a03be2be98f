-- The signer against the signing test suite of AWS (tests/vectors/sigv4.lua).

local credentials = require "lanyard.credentials"
local sigv4 = require "lanyard.sigv4"

local SUITE = dofile "tests/vectors/sigv4.lua"
local TIME = SUITE.time

-- Returns the headers of a case: each name with a list of values.
local function headers_of(case)
  local headers = {}
  for _, header in ipairs(case.headers) do
    local name, value = header[1]:lower(), header[2]
    headers[name] = headers[name] or {}
    table.insert(headers[name], value)
  end
  return headers
end

local function request_of(case)
  local headers = headers_of(case)
  return {
    method = case.method,
    url = "https://" .. headers.host[1] .. case.target,
    headers = headers,
    body = case.body or "",
    credentials = credentials.new {
      access_key_id = SUITE.access_key_id,
      secret_access_key = SUITE.secret_access_key,
      session_token = case.session_token,
    },
    region = SUITE.region,
    service = SUITE.service,
    time = SUITE.time,
    expires = SUITE.expires,
    normalize = case.normalize ~= false,
    sign_body = case.sign_body == true,
    omit_session_token = case.omit_session_token,
    steps = true,
  }
end

local function check(expected, steps)
  assert.equal(table.concat(expected.canonical, "\n"), steps.canonical_request)
  assert.equal(table.concat({ "AWS4-HMAC-SHA256", SUITE.date, SUITE.scope, expected.hash }, "\n"), steps.string_to_sign)
  assert.equal(expected.signature, steps.signature)
end

describe("sign_request", function()
  local function request(changes)
    local all = {
      method = "POST", url = "https://example.com/a?b=c", body = "{}", headers = { ["Content-Type"] = "text/plain" },
      credentials = credentials.new { access_key_id = "AKIDEXAMPLE", secret_access_key = "secret",
        session_token = "hidden-token" },
      region = "us-east-1", service = "ecr", time = TIME, timeout = 30, max_size = 100, sealed = true, other = {},
    }
    for name, value in pairs(changes or {}) do all[name] = value end
    return all
  end

  for _, case in ipairs(SUITE.cases) do
    it("adds the headers that sign returns: " .. case.name, function()
      local signed = request_of(case)
      local expected = sigv4.sign(request_of(case))
      for name, values in pairs(signed.headers) do expected[name] = values end
      assert.equal(0, select("#", sigv4.sign_request(signed)))
      assert.same(expected, signed.headers)
    end)
  end

  it("leaves all else as it is, and the token sealed", function()
    local signed, same = request(), request()
    sigv4.sign_request(signed)
    assert.equal("text/plain", signed.headers["Content-Type"])
    assert.equal("secret: ***", tostring(signed.headers["X-Amz-Security-Token"]))
    for name in pairs(signed) do
      if name ~= "headers" and name ~= "credentials" and name ~= "other" then
        assert.equal(same[name], signed[name])
      end
    end
  end)

  it("adds nothing if the request cannot be signed, and signs the next one", function()
    local first = request()
    sigv4.sign_request(first)
    local expected = first.headers.Authorization
    for _, changes in ipairs {
      { region = {} }, { service = true }, { url = "example.com" }, { time = -1 }, { body = {} },
      { credentials = "x" }, { normalize = 1 }, { headers = { a = {}, b = 1 } }, { expires = 0 },
    } do
      local broken = request(changes)
      assert.is_false(pcall(sigv4.sign_request, broken))
      assert.is_nil(broken.headers["X-Amz-Date"])
      assert.is_nil(broken.headers.Authorization)
      local signed = request()
      sigv4.sign_request(signed)
      assert.equal(expected, signed.headers.Authorization)
    end
  end)

  it("requires a table of headers, and calls no metamethod", function()
    local without = request()
    without.headers = nil
    assert.has_error(function() sigv4.sign_request(without) end)
    assert.has_error(function() sigv4.sign_request() end)
    local function fail() error "called" end
    local hostile = { __index = fail, __newindex = fail, __len = fail, __pairs = fail }
    local signed = setmetatable(request { headers = setmetatable({}, hostile) }, hostile)
    sigv4.sign_request(signed)
    assert.is_string(rawget(rawget(signed, "headers"), "Authorization"))
  end)
end)

-- Version 4a: the canonical requests of the suite in awslabs/aws-c-auth are the ones of Version 4 with one more header or
-- parameter. tests/c/sigv4a_test.c verifies signatures.
describe("AWS's signing suite of Version 4a", function()
  local function vanilla()
    local request = request_of { method = "GET", target = "/", headers = { { "Host", "example.amazonaws.com" } } }
    request.region, request.region_set, request.expires = nil, "us-east-1", 3600
    return request
  end

  it("signs get-vanilla in the headers", function()
    local headers, steps = sigv4.sign(vanilla())
    assert.equal("us-east-1", headers["X-Amz-Region-Set"])
    assert.equal("AWS4-ECDSA-P256-SHA256\n20150830T123600Z\n20150830/service/aws4_request\n"
      .. "cf59db423e841c8b7e3444158185aa261b724a5c27cbe762676f3eed19f4dc02", steps.string_to_sign)
    assert.equal("AWS4-ECDSA-P256-SHA256 Credential=AKIDEXAMPLE/20150830/service/aws4_request, "
      .. "SignedHeaders=host;x-amz-date;x-amz-region-set, Signature=" .. steps.signature, headers.Authorization)
    assert.matches("^30%x+$", steps.signature)
  end)

  it("signs get-vanilla in the query", function()
    local url, steps = sigv4.presign(vanilla())
    assert.equal("AWS4-ECDSA-P256-SHA256\n20150830T123600Z\n20150830/service/aws4_request\n"
      .. "890c4ed28c1a1ac10b5862719b537afbe392e987dc1aab1efa16fe7de41d3c81", steps.string_to_sign)
    assert.matches("&X%-Amz%-Region%-Set=us%-east%-1&X%-Amz%-Signature=30%x+$", url)
  end)

  it("signs post-x-www-form-urlencoded", function()
    local request = request_of { method = "POST", target = "/", sign_body = true, body = "Param1=value1", headers = {
      { "Content-Type", "application/x-www-form-urlencoded" }, { "Host", "example.amazonaws.com" }, { "Content-Length", "13" },
    } }
    request.region, request.region_set = nil, "us-east-1"
    local _, steps = sigv4.sign(request)
    assert.matches("ba7fa291aefad463b308fdc89b33d852aea9fbcfa151d820117bd8189066cb91$", steps.string_to_sign)
  end)
end)

describe("AWS's signing suite", function()
  for _, case in ipairs(SUITE.cases) do
    it("signs " .. case.name .. " in the headers", function()
      local headers, steps = sigv4.sign(request_of(case))
      check(case.header, steps)
      assert.equal(("AWS4-HMAC-SHA256 Credential=%s/%s, SignedHeaders=%s, Signature=%s"):format(SUITE.access_key_id,
        SUITE.scope, case.header.canonical[#case.header.canonical - 1], case.header.signature), headers.Authorization)
    end)
    it("signs " .. case.name .. " in the query", function()
      local url, steps = sigv4.presign(request_of(case))
      check(case.query, steps)
      assert.equal(("https://example.amazonaws.com%s&X-Amz-Signature=%s"):format(case.query.target, case.query.signature),
        url)
    end)
  end
end)

describe("sigv4.explain", function()
  it("recomputes the signature from the request that a server received", function()
    local key = credentials.new { access_key_id = "AKIDEXAMPLE", secret_access_key = "secret" }
    local request = {
      method = "POST", url = "https://api.ecr.us-east-1.amazonaws.com/", body = "{}", credentials = key,
      headers = { ["X-Amz-Target"] = "X.Y", ["User-Agent"] = "changes on the way" },
      region = "us-east-1", service = "ecr", time = TIME, steps = true,
    }
    local headers, steps = sigv4.sign(request)
    local signed = {}
    for name in headers.Authorization:match("SignedHeaders=([^,]*)"):gmatch "[^;]+" do
      signed[#signed + 1] = name
    end
    assert.same({ "host", "x-amz-date", "x-amz-target" }, signed)
    local received = {
      method = "POST", target = "/", body = "{}", credentials = key, signed_headers = signed,
      headers = { host = "api.ecr.us-east-1.amazonaws.com", ["x-amz-target"] = "X.Y",
        ["x-amz-date"] = headers["X-Amz-Date"], ["user-agent"] = "something else" },
      region = "us-east-1", service = "ecr", amz_date = headers["X-Amz-Date"],
    }
    assert.equal(steps.signature, sigv4.explain(received).signature)
    for field, value in pairs { body = "{ }", method = "PUT", target = "/x", region = "us-east-2", service = "sts" } do
      local tampered = setmetatable({ [field] = value }, { __index = received })
      local copy = {}
      for name in pairs(received) do copy[name] = tampered[name] end
      assert.not_equal(steps.signature, sigv4.explain(copy).signature, field)
    end
  end)
end)

describe("sigv4's key cache", function()
  it("distinguishes keys that differ only in the secret", function()
    local function signature(secret)
      local key = credentials.new { access_key_id = "AKIDEXAMPLE", secret_access_key = secret }
      local _, steps = sigv4.sign {
        url = "https://a/", credentials = key, region = "r", service = "s", time = TIME, steps = true,
      }
      return steps.signature
    end
    local first = signature "one"
    assert.not_equal(first, signature "two")
    for n = 1, 100 do signature("other" .. n) end
    assert.equal(first, signature "one")
  end)

  it("distinguishes days, Regions and services of any length", function()
    local key = credentials.new { access_key_id = "AKIDEXAMPLE", secret_access_key = "secret" }
    local long = ("x"):rep(100)
    local seen = {}
    for _ = 1, 2 do
      for _, region in ipairs { "r", "rs", long } do
        for _, service in ipairs { "s", "st", long } do
          for _, time in ipairs { TIME, TIME + 86400 } do
            local _, steps = sigv4.sign {
              url = "https://a/", credentials = key, region = region, service = service, time = time, steps = true,
            }
            local scope = table.concat({ region, service, time }, " ")
            assert.equal(seen[scope] or steps.signature, steps.signature, scope)
            seen[scope] = steps.signature
          end
        end
      end
    end
    local different = {}
    for _, signature in pairs(seen) do different[signature] = true end
    local count = 0
    for _ in pairs(different) do count = count + 1 end
    assert.equal(18, count)
  end)
end)

describe("sigv4.sign", function()
  it("signs normally after a request that could not be signed", function()
    local key = credentials.new { access_key_id = "AKIDEXAMPLE", secret_access_key = "secret", session_token = "token" }
    local function headers(extra)
      return sigv4.sign {
        url = "https://a/", headers = { ["X-A"] = extra }, credentials = key, region = "r", service = "s", time = TIME,
      }
    end
    local before = headers "1"
    assert.has_error(function() headers(true) end)
    assert.same(before, headers "1")
  end)
end)

describe("the options of the signer", function()
  local function options(changes)
    local all = {
      url = "https://a/p?x=1", credentials = credentials.new {
        access_key_id = "AKIDEXAMPLE", secret_access_key = "hidden-key", session_token = "hidden-token" },
      region = "r", service = "s", time = TIME, headers = { ["X-A"] = "v" },
    }
    for name, value in pairs(changes) do all[name] = value end
    return all
  end

  local WRONG = {
    target = { "/x" }, nosuch = { 1 }, expires = { 0, -1, 604801, 0 / 0, math.huge, 1.5, "x", 1 << 40 },
    time = { 0 / 0, math.huge, -5, 1e300, "x", {} }, amz_date = { "20150830T123600Z", "x" },
    headers = { 3, "x", { a = 1 }, { a = { 1 } }, { [1] = "x" }, { a = { "1", [3] = "3", [2] = false } } },
    url = { false, "no url", {} }, method = { "a\0b", {} }, region = { "a\0b", {} }, service = { "\0", {} },
    payload_hash = { "a\0b", {} }, body = { {}, true }, normalize = { 1, "x" }, steps = { 1 }, sign_body = { "yes" },
    credentials = { {}, "x", credentials.secret "x" }, omit_session_token = { 0 },
  }
  it("are rejected if they are unknown, of another type or exclude each other", function()
    for name, values in pairs(WRONG) do
      for _, value in ipairs(values) do
        for _, call in ipairs { sigv4.presign, name ~= "target" and sigv4.sign or sigv4.presign } do
          local ok, err = pcall(call, options { [name] = value })
          assert.is_false(ok, name)
          assert.matches(name:gsub("s$", ""), err)
        end
      end
    end
    for _, call in ipairs { sigv4.sign, sigv4.presign, sigv4.explain } do
      assert.has_error(function() call() end)
      assert.has_error(function() call(options { body = "x", payload_hash = "y" }) end)
    end
    assert.has_error(function() sigv4.explain(options { target = "/x" }) end)
  end)

  it("are read without metamethods", function()
    local calls = 0
    local function count() calls = calls + 1 return "v" end
    local hostile = { __index = count, __len = count, __pairs = count }
    local all = options { headers = setmetatable({ a = setmetatable({ "1" }, hostile) }, hostile) }
    sigv4.sign(setmetatable(all, hostile))
    assert.has_error(function() sigv4.sign(setmetatable({}, { __index = all })) end)
    assert.equal(0, calls)
  end)

  it("leave the session token sealed in the headers", function()
    local headers = sigv4.sign(options {})
    assert.equal("secret: ***", tostring(headers["X-Amz-Security-Token"]))
    assert.equal(credentials.secret "hidden-token", headers["X-Amz-Security-Token"])
  end)

  it("can have a query of one '='", function()
    local _, steps = sigv4.sign(options { url = "https://a/?=", steps = true })
    assert.equal("=", steps.canonical_request:match "^GET\n/\n([^\n]*)\n")
  end)

  it("can have at most 64 headers to sign", function()
    local headers = {}
    for i = 1, 60 do
      headers["x-" .. i] = "v"
    end
    assert.is_string(sigv4.sign(options { headers = headers }).Authorization)
    for i = 61, 65 do
      headers["x-" .. i] = "v"
    end
    local ok, err = pcall(sigv4.sign, options { headers = headers })
    assert.is_false(ok)
    assert.matches("more than 64 headers to sign", err)
  end)

  it("have a time or a date, and a URL with a scheme", function()
    assert.has_error(function() sigv4.sign(options { amz_date = "20150830T123600Z" }) end)
    assert.has_error(function() sigv4.sign(options { time = -5 }) end, "time: seconds since 1970 expected")
    assert.has_error(function() sigv4.sign(options { url = "example.com/" }) end, "url: 'example.com/' is not a URL")
  end)

  it("can omit the session token from the signature, but not from the URL", function()
    local url, steps = sigv4.presign(options { omit_session_token = true, steps = true })
    assert.matches("&X%-Amz%-Security%-Token=hidden%-token&X%-Amz%-Signature=", url)
    assert.not_matches("hidden%-token", steps.canonical_request)
  end)
end)
