local credentials = require "lanyard.credentials"
local json = require "lanyard.json"
local rest_json = require "lanyard.aws.protocol.rest_json"
local services = require "lanyard.aws.services"

local SERVICE = services.add {
  name = "things of rest_json_spec",
  protocol = "rest_json",
  operations = [[
    GetThing GET /things/{thingId}/files/{path+}?max={maxItems?}&tag={tags?}&verbose=yes x-amz-token={token} \
      x-amz-trace={trace?} -> name:string
    PutThing PUT /things/{thingId} kind
    DeleteThing DELETE /things/{thingId}
    PutPart PUT /parts/{partId} @data-{account}. content-type={kind?} {content:raw} -> ETag={tag} name:string
    GetPart GET /parts/{partId} @data-{account}. -> ETag={tag} {content:raw}
    CreateToken unsigned POST /v1/token {tokenInput} -> {tokenOutput}
  ]],
}

-- Returns "METHOD target", headers, body
local function encode(operation, input)
  local headers, body, method, target = rest_json.encode(SERVICE, operation, input)
  return method .. " " .. target, headers, body
end

describe("REST JSON", function()
  it("places members in the path, the query and headers by the description", function()
    local line, headers, body = encode("GetThing", {
      thingId = "a/b c", path = "x/y z", maxItems = 3.0, tags = { "p&q", "r" }, token = "T",
    })
    assert.equal("GET /things/a%2Fb%20c/files/x/y%20z?max=3&tag=p%26q&tag=r&verbose=yes", line)
    assert.same({ ["x-amz-token"] = "T" }, headers)
    assert.is_nil(body)
  end)

  it("omits optional members, and requires the rest", function()
    local line = encode("GetThing", { thingId = "1", path = "p", token = "T" })
    assert.equal("GET /things/1/files/p?verbose=yes", line)
    assert.same({ "thingId", "path", "token" }, SERVICE.operations.GetThing.required)
    assert.same({ "thingId", "kind" }, SERVICE.operations.PutThing.required)
  end)

  it("rejects an empty part of the path, which would be another path", function()
    assert.has_error(function() encode("DeleteThing", { thingId = "" }) end,
      "thingId is a part of the path and cannot be empty")
  end)

  it("sends all other members as the body", function()
    local line, headers, body = encode("PutThing", { thingId = "1", kind = "k", nested = { 1, 2 } })
    assert.equal("PUT /things/1", line)
    assert.same({ kind = "k", nested = { 1, 2 } }, json.decode(body))
    assert.equal("application/json", headers["Content-Type"])
    line, headers, body = encode("DeleteThing", { thingId = "1" })
    assert.equal("DELETE /things/1", line)
    assert.is_nil(body)
    assert.same({}, headers)
  end)

  it("sends one member as the whole body, and returns the whole reply as one member", function()
    local _, _, body = encode("CreateToken", { tokenInput = { clientId = "c" } })
    assert.equal('{"clientId":"c"}', body)
    local output = assert(rest_json.decode('{"expiresIn":900}', "CreateToken", SERVICE.operations.CreateToken))
    assert.same({ tokenOutput = { expiresIn = 900 } }, output)
    assert.is_true(SERVICE.operations.CreateToken.unsigned)
  end)

  it("accepts sealed secrets in headers and the body, which is then sealed", function()
    local secret = credentials.secret 'a"b'
    local _, headers = encode("GetThing", { thingId = "1", path = "p", token = secret })
    assert.equal(secret, headers["x-amz-token"])
    local _, _, body = encode("CreateToken", { tokenInput = { refreshToken = secret, scopes = { "s" } } })
    assert.equal("secret: ***", tostring(body))
    local shown, opened = assert(body:unseal({ "refreshToken" }, "json"))
    assert.same({ refreshToken = "***", scopes = { "s" } }, json.decode(shown))
    assert.equal('was ***.', credentials.redactor { opened.refreshToken }:redact 'was a"b.')
  end)

  it("sends and returns bytes, and returns headers", function()
    local _, headers, body = encode("PutPart", { partId = "1", account = "a1", content = "\0{" })
    assert.same({ "\0{", "application/octet-stream" }, { body, headers["Content-Type"] })
    _, headers = encode("PutPart", { partId = "1", account = "a1", content = "x", kind = "image/png" })
    assert.same({ ["content-type"] = "image/png" }, headers)
    assert.has_error(function() encode("PutPart", { partId = "1", account = "a1", content = {} }) end,
      "content is the body: a string was expected")
    assert.same({ content = "\0{", tag = "t" },
      rest_json.decode("\0{", "GetPart", SERVICE.operations.GetPart, { etag = "t", other = "x" }))
    assert.same({ name = "n", tag = "t" }, rest_json.decode('{"name":"n"}', "PutPart", SERVICE.operations.PutPart, { etag = "t" }))
  end)

  it("has a prefix for the host, which cannot lead to another host", function()
    local function prefix(account)
      return select(5, rest_json.encode(SERVICE, "PutPart", { partId = "1", account = account, content = "" }))
    end
    assert.equal("data-a1.", prefix "a1")
    assert.same({ "account", "partId" }, { SERVICE.operations.GetPart.required[2], SERVICE.operations.GetPart.required[1] })
    for _, account in ipairs { "", "a.b", "evil.example/", ("a"):rep(64) } do
      assert.has_error(function() prefix(account) end, "account is a part of the host: letters, digits and hyphens were expected")
    end
  end)

  it("reads the code of an error in the header and in each form of body", function()
    for _, case in ipairs {
      { "", { ["x-amzn-errortype"] = "ResourceNotFoundException:http://internal.amazon.com/" }, "ResourceNotFoundException" },
      { '{"code":"UnauthorizedException"}', {}, "UnauthorizedException" },
      { '{"Code":"UnauthorizedException"}', {}, "UnauthorizedException" },
      { '{"__type":"com.amazonaws.sso#UnauthorizedException"}', {}, "UnauthorizedException" },
      { '{"code":429}', {}, nil },
      { "<html>", {}, nil },
    } do
      assert.equal(case[3], rest_json.decode_error({ body = case[1], headers = case[2] }).code, case[1])
    end
  end)

  it("returns OAuth's code and description in addition to AWS's", function()
    local err = rest_json.decode_error {
      headers = { ["x-amzn-errortype"] = "AuthorizationPendingException" },
      body = '{"error":"authorization_pending","error_description":"not yet"}',
    }
    assert.same({ code = "AuthorizationPendingException", message = "not yet", reason = "authorization_pending" },
      { code = err.code, message = err.message, reason = err.reason })
  end)
end)
