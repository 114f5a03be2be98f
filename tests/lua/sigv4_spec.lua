-- The signer against AWS's own signing suite (../shared/vectors/sigv4), read in place.

local credentials = require "lanyard.credentials"
local helper = require "helper"
local json = require "lanyard.json"
local sigv4 = require "lanyard.sigv4"

local FOLDER = helper.vectors .. "/sigv4"
local TIME = 1440938160 -- 2015-08-30T12:36:00Z

-- The request of a case: method, target, headers (each name with a list of its values), body.
local function parse_request(text)
  local head, body = text:match "^(.-)\r?\n\r?\n(.*)$"
  head = head or text
  local first, rest = head:match "^([^\n]*)\n?(.*)$"
  local method, target = first:match "^(%S+) (.*) HTTP/1%.1%s*$"
  local headers, last = {}, nil
  for line in rest:gmatch "[^\n]+" do
    local name, value = line:match "^([^%s:]+):(.*)$"
    if name then
      last = headers[name:lower()] or {}
      headers[name:lower()] = last
      last[#last + 1] = value
    elseif last then
      last[#last] = last[#last] .. "\n" .. line
    end
  end
  return { method = method, target = target, headers = headers, body = body or "" }
end

local function case_of(name)
  local function read(file)
    return helper.read(("%s/%s/%s"):format(FOLDER, name, file))
  end
  local context = assert(json.decode(read "context.json"))
  local request = parse_request(read "request.txt")
  local keys = context.credentials
  return read, {
    method = request.method,
    url = "https://" .. request.headers.host[1] .. request.target,
    headers = request.headers,
    body = request.body,
    credentials = credentials.new {
      access_key_id = keys.access_key_id,
      secret_access_key = keys.secret_access_key,
      session_token = keys.token,
    },
    region = context.region,
    service = context.service,
    time = TIME,
    expires = context.expiration_in_seconds,
    normalize = context.normalize,
    sign_body = context.sign_body,
    omit_session_token = context.omit_session_token,
    steps = true,
  }
end

local function check(read, form, steps)
  assert.equal(read(form .. "-canonical-request.txt"), steps.canonical_request)
  assert.equal(read(form .. "-string-to-sign.txt"), steps.string_to_sign)
  assert.equal(read(form .. "-signature.txt"), steps.signature)
end

local cases = {}
do
  local pipe <close> = assert(io.popen(("ls '%s' 2>/dev/null"):format(FOLDER)))
  for name in pipe:lines() do
    cases[#cases + 1] = name
  end
end

describe("AWS's signing suite", function()
  if #cases == 0 then
    pending("is not here (" .. FOLDER .. ")")
  end
  for _, name in ipairs(cases) do
    it("signs " .. name .. " in the headers", function()
      local read, request = case_of(name)
      local headers, steps = sigv4.sign(request)
      check(read, "header", steps)
      assert.equal(read("header-signed-request.txt"):match "Authorization:([^\n]*)", headers.Authorization)
    end)
    it("signs " .. name .. " in the query", function()
      local read, request = case_of(name)
      local url, steps = sigv4.presign(request)
      check(read, "query", steps)
      local signed = parse_request(read "query-signed-request.txt")
      assert.equal("https://example.amazonaws.com" .. signed.target, url)
    end)
  end
end)

describe("sigv4.explain", function()
  it("recomputes from what a server got the signature that was sent", function()
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
  it("tells keys apart that share everything but the secret", function()
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

  it("tells days, regions and services apart, whatever their length", function()
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
  it("signs after a request that could not be signed as before it", function()
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
