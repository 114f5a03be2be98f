-- The rules of S3 for requests: https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html

local aws = require "lanyard.aws"
local crypto = require "lanyard.crypto"
local helper = require "helper"
local httpd = require "lanyard.httpd"
local modelled = require "modelled"
local stream = require "lanyard.stream"

local answer = modelled.answer

local OBJECT = {
  { name = "Bucket", shape = "Text", location = "uri", locationName = "Bucket", contextParam = { name = "Bucket" } },
  { name = "Key", shape = "Text", location = "uri", locationName = "Key" },
}

local function members(...)
  return table.move({ ... }, 1, select("#", ...), #OBJECT + 1, table.move(OBJECT, 1, #OBJECT, 1, {}))
end

local DATA = {
  metadata = { protocol = "rest-xml", endpointPrefix = "s3", serviceId = "S3", signatureVersion = "s3", apiVersion = "2006-03-01" },
  operations = {
    PutObject = { http = { method = "PUT", requestUri = "/{Bucket}/{Key+}" }, input = { shape = "PutInput" },
      output = { shape = "PutOutput" },
      httpChecksum = { requestAlgorithmMember = "ChecksumAlgorithm", requestChecksumRequired = false } },
    GetObject = { http = { method = "GET", requestUri = "/{Bucket}/{Key+}" }, input = { shape = "GetInput" },
      output = { shape = "GetOutput" },
      httpChecksum = { requestValidationModeMember = "ChecksumMode", responseAlgorithms = { "CRC64NVME", "CRC32", "SHA256" } } },
    DeleteObjects = { http = { method = "POST", requestUri = "/{Bucket}?delete" }, input = { shape = "DeleteInput" },
      httpChecksum = { requestAlgorithmMember = "ChecksumAlgorithm", requestChecksumRequired = true } },
    PutOld = { http = { method = "PUT", requestUri = "/{Bucket}?old" }, input = { shape = "DeleteInput" },
      httpChecksumRequired = true },
    CreateSession = { http = { method = "GET", requestUri = "/{Bucket}?session" }, input = { shape = "ListInput" },
      output = { shape = "SessionOutput" }, staticContextParams = { DisableS3ExpressSessionAuth = { value = true } } },
    HeadBucket = { http = { method = "HEAD", requestUri = "/{Bucket}" }, input = { shape = "ListInput" } },
    CopyObject = { http = { method = "PUT", requestUri = "/{Bucket}/{Key+}" }, input = { shape = "GetInput" }, output = { shape = "CopyOutput" } },
    ListObjects = { http = { method = "GET", requestUri = "/{Bucket}?list-type=2" }, input = { shape = "ListInput" } },
  },
  rules = { version = "1.0", parameters = {
    Region = { type = "String", builtIn = "AWS::Region" }, Bucket = { type = "String" },
    Endpoint = { type = "String", builtIn = "SDK::Endpoint" },
    ForcePathStyle = { type = "Boolean", builtIn = "AWS::S3::ForcePathStyle", default = false, required = true },
  }, rules = {
    { type = "endpoint", conditions = { { fn = "isSet", argv = { { ref = "Endpoint" } } } },
      endpoint = { url = "{Endpoint}/{Bucket}" } },
    { type = "endpoint", conditions = { { fn = "booleanEquals", argv = { { ref = "ForcePathStyle" }, true } } },
      endpoint = { url = "https://s3.{Region}.amazonaws.com/{Bucket}" } },
    { type = "endpoint", conditions = {}, endpoint = { url = "https://{Bucket}.s3.{Region}.amazonaws.com",
      properties = { authSchemes = { { name = "sigv4", signingName = "s3", signingRegion = "{Region}", disableDoubleEncoding = true } } } } },
  } },
  shapes = {
    PutInput = { type = "structure", required = { "Bucket", "Key" }, payload = "Body", members = members(
      { name = "Body", shape = "Blob", streaming = true },
      { name = "ChecksumAlgorithm", shape = "Text", location = "header", locationName = "x-amz-sdk-checksum-algorithm" },
      { name = "ChecksumCRC32", shape = "Text", location = "header", locationName = "x-amz-checksum-crc32" },
      { name = "ContentEncoding", shape = "Text", location = "header", locationName = "Content-Encoding" },
      { name = "ContentType", shape = "Text", location = "header", locationName = "Content-Type" }) },
    PutOutput = { type = "structure", members = { { name = "ETag", shape = "Text", location = "header", locationName = "ETag" } } },
    GetInput = { type = "structure", required = { "Bucket", "Key" }, members = members(
      { name = "ChecksumMode", shape = "Text", location = "header", locationName = "x-amz-checksum-mode" }) },
    GetOutput = { type = "structure", payload = "Body", members = {
      { name = "Body", shape = "Blob", streaming = true },
      { name = "ContentLength", shape = "Number", location = "header", locationName = "Content-Length" } } },
    SessionOutput = { type = "structure", members = { { name = "Credentials", shape = "Keys", locationName = "Credentials" } } },
    Keys = { type = "structure", members = { { name = "AccessKeyId", shape = "Text" }, { name = "SecretAccessKey", shape = "Secret" },
      { name = "SessionToken", shape = "Secret" }, { name = "Expiration", shape = "Time" } } },
    Secret = { type = "string", sensitive = true }, Time = { type = "timestamp" },
    CopyOutput = { type = "structure", payload = "CopyObjectResult", members = { { name = "CopyObjectResult", shape = "CopyResult" } } },
    CopyResult = { type = "structure", members = { { name = "ETag", shape = "Text" } } },
    DeleteInput = { type = "structure", payload = "Delete", members = {
      OBJECT[1], { name = "Delete", shape = "Delete", locationName = "Delete" },
      { name = "ChecksumAlgorithm", shape = "Text", location = "header", locationName = "x-amz-sdk-checksum-algorithm" } } },
    Delete = { type = "structure", members = { { name = "Quiet", shape = "Flag" } } },
    ListInput = { type = "structure", members = { OBJECT[1], { name = "Prefix", shape = "Text", location = "querystring", locationName = "prefix" } } },
    Text = { type = "string" }, Blob = { type = "blob" }, Number = { type = "long" }, Flag = { type = "boolean" },
  },
}

local function client(answers, options)
  return modelled.client(DATA, answers or { answer(200) }, options)
end

local function base64(text, name)
  return crypto.base64(stream.digests(text, { name })[name])
end

describe("a request to S3", function()
  it("has the bucket in its host, or in its path", function()
    local s3, requests = client()
    assert(s3:ListObjects { Bucket = "logs", Prefix = "a b" })
    assert.equal("https://logs.s3.us-east-1.amazonaws.com/?list-type=2&prefix=a%20b", requests[1].url)
    s3, requests = client(nil, { profile_values = { s3 = { addressing_style = "path" } } })
    assert(s3:ListObjects { Bucket = "logs" })
    assert(s3:GetObject { Bucket = "logs", Key = "a/b" })
    assert.equal("https://s3.us-east-1.amazonaws.com/logs?list-type=2", requests[1].url)
    assert.equal("https://s3.us-east-1.amazonaws.com/logs/a/b", requests[2].url)
  end)

  it("is signed with its path as it is sent, and has the hash of its body", function()
    local s3, requests = client(nil, { endpoint_url = "http://127.0.0.1:1" })
    assert(s3:PutObject { Bucket = "logs", Key = "a//b/../c d", Body = "text" })
    assert.equal("http://127.0.0.1:1/logs/a//b/../c%20d", requests[1].url)
    assert.equal(crypto.sha256_hex "text", requests[1].headers["X-Amz-Content-Sha256"])
    assert.equal(base64("text", "crc32"), requests[1].headers["x-amz-checksum-crc32"])
    assert.equal("CRC32", requests[1].headers["x-amz-sdk-checksum-algorithm"])
  end)

  it("has the signature of AWS's example", function()
    -- "Example: GET Bucket (List Objects)" of the page above, with a Host of its own.
    local sigv4 = require "lanyard.sigv4"
    local credentials = require "lanyard.credentials"
    local headers = sigv4.sign { method = "GET", url = "https://examplebucket.s3.amazonaws.com/?max-keys=2&prefix=J",
      headers = {}, raw_path = true, normalize = false, sign_body = true, region = "us-east-1", service = "s3",
      amz_date = "20130524T000000Z", credentials = credentials.new { access_key_id = "AKIAIOSFODNN7EXAMPLE",
        secret_access_key = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY" } }
    assert.matches("SignedHeaders=host;x%-amz%-content%-sha256;x%-amz%-date, "
      .. "Signature=34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7$", headers.Authorization)
  end)

  it("has the checksum in a trailer over TLS, and its body unsigned", function()
    local s3, requests = client()
    assert(s3:PutObject { Bucket = "logs", Key = "k", Body = "hello", ContentEncoding = "gzip" })
    local headers = requests[1].headers
    assert.equal("STREAMING-UNSIGNED-PAYLOAD-TRAILER", headers["X-Amz-Content-Sha256"])
    assert.equal("x-amz-checksum-crc32", headers["X-Amz-Trailer"])
    assert.equal("5", headers["X-Amz-Decoded-Content-Length"])
    assert.equal("gzip,aws-chunked", headers["Content-Encoding"])
    assert.equal("5\r\nhello\r\n0\r\nx-amz-checksum-crc32:" .. base64("hello", "crc32") .. "\r\n\r\n", requests[1].body)
    assert.matches("content%-encoding;host;.*x%-amz%-trailer,", headers.Authorization)
    assert(s3:PutObject { Bucket = "logs", Key = "k", Body = "" })
    assert.equal("0\r\nx-amz-checksum-crc32:AAAAAA==\r\n\r\n", requests[2].body)
  end)

  it("has the checksum that the caller chooses or gives", function()
    local s3, requests = client(nil, { endpoint_url = "http://127.0.0.1:1" })
    for _, name in ipairs { "crc32c", "crc64nvme", "sha1", "sha256" } do
      assert(s3:PutObject { Bucket = "logs", Key = "k", Body = "hello", ChecksumAlgorithm = name:upper() })
      assert.equal(base64("hello", name), requests[#requests].headers["x-amz-checksum-" .. name])
      assert.is_nil(requests[#requests].headers["x-amz-checksum-crc32"])
    end
    assert(s3:PutObject { Bucket = "logs", Key = "k", Body = "hello", ChecksumCRC32 = "own" })
    assert.equal("own", requests[#requests].headers["x-amz-checksum-crc32"])
    assert.is_nil(requests[#requests].headers["x-amz-sdk-checksum-algorithm"])
    local sent = #requests
    local _, err = s3:PutObject { Bucket = "logs", Key = "k", Body = "hello", ChecksumAlgorithm = "XXHASH64" }
    assert.matches("the checksum 'XXHASH64' %(ChecksumAlgorithm%) is not supported", err.message)
    assert.equal(sent, #requests)
  end)

  it("has no optional checksum if a setting says so, and the required ones", function()
    local s3, requests = client(nil, { profile_values = { request_checksum_calculation = "WHEN_REQUIRED" } })
    assert(s3:PutObject { Bucket = "logs", Key = "k", Body = "hello" })
    assert.equal("UNSIGNED-PAYLOAD", requests[1].headers["X-Amz-Content-Sha256"])
    assert.is_nil(requests[1].headers["X-Amz-Trailer"])
    assert.equal("hello", requests[1].body)
    assert(s3:DeleteObjects { Bucket = "logs", Delete = { Quiet = true } })
    assert.equal(base64(requests[2].body, "crc32"), requests[2].headers["x-amz-checksum-crc32"])
    assert.equal(crypto.sha256_hex(requests[2].body), requests[2].headers["X-Amz-Content-Sha256"])
    assert(s3:PutOld { Bucket = "logs", Delete = { Quiet = true } })
    assert.equal(base64(requests[3].body, "md5"), requests[3].headers["Content-MD5"])
    s3 = client(nil, { profile_values = { request_checksum_calculation = "sometimes" } })
    assert.equal("InvalidConfig", select(2, s3:PutObject { Bucket = "logs", Key = "k" }).code)
  end)

  it("waits for the server's consent before a large body", function()
    local s3, requests = client()
    assert(s3:PutObject { Bucket = "logs", Key = "k", Body = ("x"):rep(1024 * 1024) })
    assert.equal("100-continue", requests[1].headers.Expect)
    assert(s3:PutObject { Bucket = "logs", Key = "k", Body = "x" })
    assert.is_nil(requests[2].headers.Expect)
    assert.is_nil(requests[1].headers.Authorization:find "expect")
  end)
end)

describe("the name of a bucket", function()
  it("cannot change the URL", function()
    local s3, requests = client()
    for _, name in ipairs { "", "a b", "a/b", "..?", ("a"):rep(256) } do
      local _, err = s3:ListObjects { Bucket = name }
      assert.equal("InvalidValue", err.code)
      assert.matches("^thing:ListObjects: Bucket: '.*' is not the name or the ARN of a bucket$", tostring(err))
    end
    assert.equal(0, #requests)
  end)
end)

describe("a reply of S3", function()
  it("is checked with its checksum", function()
    local s3, requests, slept = client({
      answer(200, "hellO", { ["x-amz-checksum-crc32"] = base64("hello", "crc32") }),
      answer(200, "hello", { ["x-amz-checksum-crc32"] = base64("hello", "crc32"), ["content-length"] = "5" }),
    })
    local reply = assert(s3:GetObject { Bucket = "logs", Key = "k" })
    assert.equal("hello", reply.Body)
    assert.equal(5, reply.ContentLength)
    assert.equal("ENABLED", requests[1].headers["x-amz-checksum-mode"])
    assert.equal(1, #slept)
    s3 = client({ answer(200, "hellO", { ["x-amz-checksum-sha256"] = base64("hello", "sha256") }) }, { client = { max_attempts = 1 } })
    local _, err = s3:GetObject { Bucket = "logs", Key = "k" }
    assert.equal("InvalidResponse", err.code)
    assert.matches("the checksum of the reply %(sha256%) is ", err.message)
  end)

  it("is not checked with the checksum of parts, an unknown one, or against a setting", function()
    for _, headers in ipairs { { ["x-amz-checksum-crc32"] = "AAAAAA==-3" }, { ["x-amz-checksum-xxhash64"] = "x" }, {} } do
      local s3 = client { answer(200, "hello", headers) }
      assert.equal("hello", assert(s3:GetObject { Bucket = "logs", Key = "k" }).Body)
    end
    local s3, requests = client({ answer(200, "hello", { ["x-amz-checksum-crc32"] = "AAAAAA==" }) },
      { profile_values = { response_checksum_validation = "when_required" } })
    assert.equal("hello", assert(s3:GetObject { Bucket = "logs", Key = "k" }).Body)
    assert.is_nil(requests[1].headers["x-amz-checksum-mode"])
    assert.is_nil(s3:GetObject { Bucket = "logs", Key = "k", ChecksumMode = "ENABLED" })
  end)
end)

describe("a bucket in another Region", function()
  local function redirect(status, code, headers, region)
    return answer(status, code and ("<Error><Code>%s</Code><Message>m</Message>%s</Error>"):format(code,
      region and "<Region>" .. region .. "</Region>" or ""), headers)
  end

  it("is found by what S3 replies, once for all calls", function()
    for _, moved in ipairs {
      redirect(301, "PermanentRedirect", { ["x-amz-bucket-region"] = "eu-west-1" }),
      redirect(307, "TemporaryRedirect", { ["x-amz-bucket-region"] = "eu-west-1" }),
      redirect(400, "AuthorizationHeaderMalformed", {}, "eu-west-1"),
      redirect(400, "IllegalLocationConstraintException", { ["x-amz-bucket-region"] = "eu-west-1" }),
    } do
      local s3, requests, slept = client { moved, answer(200) }
      assert(s3:ListObjects { Bucket = "logs" })
      assert.equal("https://logs.s3.us-east-1.amazonaws.com/?list-type=2", requests[1].url)
      assert.equal("https://logs.s3.eu-west-1.amazonaws.com/?list-type=2", requests[2].url)
      assert.matches("/eu%-west%-1/s3/aws4_request", requests[2].headers.Authorization)
      assert.equal(0, #slept)
      assert(s3:GetObject { Bucket = "logs", Key = "k" })
      assert.equal("https://logs.s3.eu-west-1.amazonaws.com/k", requests[3].url)
      assert(s3:GetObject { Bucket = "other", Key = "k" })
      assert.equal("https://other.s3.us-east-1.amazonaws.com/k", requests[4].url)
    end
  end)

  it("is found by the reply to a HEAD request, which has no body", function()
    local s3, requests = client { redirect(400, nil, { ["x-amz-bucket-region"] = "eu-west-1" }), answer(200) }
    assert(s3:HeadBucket { Bucket = "logs" })
    assert.equal("https://logs.s3.eu-west-1.amazonaws.com/", requests[2].url)
  end)

  it("is signed for at a custom endpoint", function()
    local s3, requests = client({ redirect(400, "AuthorizationHeaderMalformed", {}, "eu-west-1"), answer(200) },
      { endpoint_url = "http://127.0.0.1:1" })
    assert(s3:GetObject { Bucket = "logs", Key = "k" })
    assert.equal("http://127.0.0.1:1/logs/k", requests[2].url)
    assert.matches("/eu%-west%-1/s3/aws4_request", requests[2].headers.Authorization)
  end)

  it("is an error if S3 names none, an invalid one, or another one each time", function()
    for headers, count in pairs { [{}] = 1, [{ ["x-amz-bucket-region"] = "e/vil" }] = 1, [{ ["x-amz-bucket-region"] = ("a"):rep(64) }] = 1,
      [{ ["x-amz-bucket-region"] = "us-east-1" }] = 1 } do
      local s3, requests = client { redirect(301, "PermanentRedirect", headers) }
      local _, err = s3:GetObject { Bucket = "logs", Key = "k" }
      assert.equal("PermanentRedirect", err.code)
      assert.equal(count, #requests)
    end
    local s3, requests = client { redirect(301, "PermanentRedirect", { ["x-amz-bucket-region"] = "eu-west-1" }),
      redirect(301, "PermanentRedirect", { ["x-amz-bucket-region"] = "eu-west-2" }) }
    assert.equal("PermanentRedirect", select(2, s3:GetObject { Bucket = "logs", Key = "k" }).code)
    assert.equal(2, #requests)
  end)

  it("is not an object that has not changed", function()
    local s3, requests = client { answer(304) }
    local _, err = s3:GetObject { Bucket = "logs", Key = "k" }
    assert.equal("Http304", err.code)
    assert.equal("the object has not changed (304)", err.message)
    assert.equal(1, #requests)
  end)

  it("is named in the error of a redirect without a message", function()
    local s3 = client { answer(301, "", { location = "https://logs.s3.eu-west-1.amazonaws.com/k?x" }) }
    local _, err = s3:GetObject { Bucket = "logs", Key = "k" }
    assert.equal("S3 redirects to logs.s3.eu-west-1.amazonaws.com (301)", err.message)
    assert.equal("the bucket is in another Region: give its Region, which GetBucketLocation returns", err.tip)
    _, err = client({ answer(307, "") }):GetObject { Bucket = "logs", Key = "k" }
    assert.equal("S3 redirects to another endpoint (307)", err.message)
  end)
end)

describe("an error in a reply with status 200", function()
  it("fails the call, after retries", function()
    local s3, requests = client { answer(200, "<?xml version='1.0'?>\n<Error><Code>InternalError</Code><Message>m</Message></Error>"),
      answer(200, "  "), answer(200, "<CopyObjectResult><ETag>t</ETag></CopyObjectResult>") }
    assert.equal("t", assert(s3:CopyObject { Bucket = "logs", Key = "k" }).CopyObjectResult.ETag)
    assert.equal(3, #requests)
    s3 = client { answer(200, "<Error><Code>AnyError</Code><Message>m</Message></Error>") }
    local _, err = s3:CopyObject { Bucket = "logs", Key = "k" }
    assert.equal("AnyError", err.code)
    assert.equal(3, err.attempts)
    s3 = client { answer(200, "<Error><Code>of a document</Code></Error>") }
    assert.matches("of a document", assert(s3:GetObject { Bucket = "logs", Key = "k" }).Body)
  end)
end)

describe("a directory bucket of S3", function()
  local data = setmetatable({ rules = { version = "1.0", parameters = {
    Bucket = { type = "String" }, DisableS3ExpressSessionAuth = { type = "Boolean" },
  }, rules = {
    { type = "endpoint", conditions = { { fn = "isSet", argv = { { ref = "DisableS3ExpressSessionAuth" } } } },
      endpoint = { url = "https://{Bucket}.example.com", properties = { authSchemes = { { name = "sigv4", signingName = "s3express" } } } } },
    { type = "endpoint", conditions = {}, endpoint = { url = "https://{Bucket}.example.com",
      properties = { authSchemes = { { name = "sigv4-s3express", signingName = "s3express", signingRegion = "us-east-1" } } } } },
  } } }, { __index = DATA })
  local NOW = 1700000000

  local function session_reply(id, expires)
    return answer(200, ("<CreateSessionResult><Credentials><AccessKeyId>%s</AccessKeyId><SecretAccessKey>k3y</SecretAccessKey>"
      .. "<SessionToken>t0ken</SessionToken><Expiration>%s</Expiration></Credentials></CreateSessionResult>"):format(id, expires))
  end

  local function express(answers, log)
    local s3, requests = modelled.client(data, answers, { debug = log and function(line) log[#log + 1] = line end })
    s3.options.clock = setmetatable({ time = function() return NOW end, sleep = function() end }, { __index = require "lanyard.clock" })
    return s3, requests
  end

  it("is called with the credentials of a session, which is kept until it ends", function()
    local log = {}
    local s3, requests = express({ session_reply("ASIA1", "2023-11-14T22:18:20Z"), answer(200), answer(200),
      session_reply("ASIA2", "2023-11-14T22:40:00Z"), answer(200) }, log)
    assert(s3:GetObject { Bucket = "logs--x-s3", Key = "k" })
    assert.equal("https://logs--x-s3.example.com/?session", requests[1].url)
    assert.matches("Credential=AKIDEXAMPLE/%d+/us%-east%-1/s3express/aws4_request", requests[1].headers.Authorization)
    assert.matches("Credential=ASIA1/%d+/us%-east%-1/s3express/aws4_request", requests[2].headers.Authorization)
    assert.matches("x%-amz%-s3session%-token", requests[2].headers.Authorization)
    assert.is_true(require "lanyard.credentials".secret "t0ken" == requests[2].headers["x-amz-s3session-token"])
    assert.is_nil(requests[2].headers["X-Amz-Security-Token"])
    assert(s3:GetObject { Bucket = "logs--x-s3", Key = "k" })
    assert.equal(3, #requests)
    NOW = NOW + 250
    assert(s3:GetObject { Bucket = "logs--x-s3", Key = "k" })
    assert.matches("Credential=ASIA2/", requests[5].headers.Authorization)
    assert.is_nil(table.concat(log, "\n"):find "t0ken")
  end)

  it("gets another session if S3 rejects one", function()
    local s3, requests = express { session_reply("ASIA1", "2023-11-15T00:00:00Z"),
      answer(400, "<Error><Code>ExpiredToken</Code><Message>m</Message></Error>"), session_reply("ASIA2", "2023-11-15T00:00:00Z"),
      answer(200) }
    assert(s3:GetObject { Bucket = "logs--x-s3", Key = "k" })
    assert.equal(4, #requests)
  end)

  it("has the error of the session", function()
    local s3 = express { answer(403, "<Error><Code>AccessDenied</Code><Message>m</Message></Error>") }
    local _, err = s3:GetObject { Bucket = "logs--x-s3", Key = "k" }
    assert.equal("AccessDenied CreateSession", err.code .. " " .. err.operation)
    s3 = express { answer(200, "<CreateSessionResult/>") }
    _, err = s3:GetObject { Bucket = "logs--x-s3", Key = "k" }
    assert.equal("InvalidResponse", err.code)
  end)
end)

describe("a file of S3", function()
  local function serve(handler)
    local server = assert(httpd.serve { handler = handler, max_body = 64 * 1024 * 1024 })
    return setmetatable({ url = server.url }, { __close = server.close })
  end

  local function real(url)
    local s3 = client(nil, { endpoint_url = url })
    s3.options.transport = require("lanyard.http").request
    return s3
  end

  it("is sent, again after a failure, and received", function()
    local folder <close> = helper.folder()
    local text = ("0123456789"):rep(200000)
    helper.write(folder .. "/in", text)
    local seen = {}
    local server <close> = serve(function(request)
      seen[#seen + 1] = request
      if request.method == "GET" then
        return { status = 200, body = seen[1].body, headers = { ["x-amz-checksum-crc32"] = base64(text, "crc32") } }
      end
      return { status = #seen == 1 and 503 or 200, headers = { ETag = '"tag"' } }
    end)
    local s3 = real(server.url)
    local file <close> = assert(aws.file(folder .. "/in"))
    assert.equal('"tag"', assert(s3:PutObject { Bucket = "logs", Key = "k", Body = file }).ETag)
    assert.equal(text, seen[1].body)
    assert.equal(text, seen[2].body)
    assert.equal(crypto.sha256_hex(text), seen[2].headers["x-amz-content-sha256"])
    assert.equal(base64(text, "crc32"), seen[2].headers["x-amz-checksum-crc32"])
    local reply = assert(s3:GetObject({ Bucket = "logs", Key = "k" }, { to = folder .. "/out" }))
    assert.is_nil(reply.Body)
    assert.equal(#text, reply.ContentLength)
    assert.equal(text, helper.read(folder .. "/out"))
    assert.equal("identity", seen[3].headers["accept-encoding"])
  end)

  it("is not left behind when the call fails", function()
    local folder <close> = helper.folder()
    local status, headers = 404, {}
    local server <close> = serve(function() return { status = status, headers = headers, body = "<Error><Code>NoSuchKey</Code></Error>" } end)
    local s3 = real(server.url)
    s3.options.max_attempts = 1
    local _, err = s3:GetObject({ Bucket = "logs", Key = "k" }, { to = folder .. "/out" })
    assert.equal("NoSuchKey", err.code)
    status, headers = 200, { ["x-amz-checksum-crc32"] = "AAAAAA==" }
    _, err = s3:GetObject({ Bucket = "logs", Key = "k" }, { to = folder .. "/out" })
    assert.equal("InvalidResponse", err.code)
    _, err = s3:GetObject({ Bucket = "logs", Key = "k" }, { to = folder .. "/no/out" })
    assert.equal("NotFound", err.code)
    _, err = s3:ListObjects({ Bucket = "logs" }, { to = folder .. "/out" })
    assert.matches("has no member that is a stream", err.message)
    _, err = s3:GetObject({ Bucket = "logs", Key = "k" }, { to = 5 })
    assert.equal("thing:GetObject: options.to: the path of a file was expected", tostring(err))
    assert.has_error(function() s3:GetObject({ Bucket = "logs", Key = "k" }, { too = "x" }) end, "thing:GetObject has no option 'too'")
    assert.equal("", helper.run { "ls", tostring(folder) }.out)
  end)

  it("can be a device or FIFO, which gets the bytes once", function()
    local folder <close> = helper.folder()
    local server <close> = serve(function()
      return { status = 200, body = "hello", headers = { ["x-amz-checksum-crc32"] = base64("hello", "crc32") } }
    end)
    local s3, calls = real(server.url), 0
    assert(s3:GetObject({ Bucket = "logs", Key = "k" }, { to = "/dev/null" }))
    local reader = io.popen(("cd '%s' && mkfifo fifo && touch made && cat fifo"):format(folder))
    helper.run { "sh", "-c", ("until [ -e '%s/made' ]; do :; done"):format(folder) }
    assert(s3:GetObject({ Bucket = "logs", Key = "k" }, { to = folder .. "/fifo" }))
    assert.equal("hello", reader:read "a")
    reader:close()
    s3.options.max_attempts = 3
    local sent = true
    s3.options.transport = function()
      calls = calls + 1
      return nil, { code = "BodyCut", message = "cut", retryable = true, sent = sent }
    end
    assert.equal("BodyCut", select(2, s3:GetObject({ Bucket = "logs", Key = "k" }, { to = "/dev/null" })).code)
    assert.equal(1, calls)
    sent = false
    assert.equal("BodyCut", select(2, s3:GetObject({ Bucket = "logs", Key = "k" }, { to = "/dev/null" })).code)
    assert.equal(4, calls)
    sent = true
    assert.equal("BodyCut", select(2, s3:GetObject({ Bucket = "logs", Key = "k" }, { to = folder .. "/file" })).code)
    assert.equal(7, calls)
  end)

  it("is sent in one chunk with a trailer over TLS", function()
    local folder <close> = helper.folder()
    helper.write(folder .. "/in", "hello")
    local s3, requests = client()
    local file <close> = assert(aws.file(folder .. "/in"))
    assert(s3:PutObject { Bucket = "logs", Key = "k", Body = file })
    local request = requests[1]
    assert.equal("5\r\n", request.body_before)
    assert.equal("\r\n0\r\nx-amz-checksum-crc32:" .. base64("hello", "crc32") .. "\r\n\r\n", request.body_after)
    assert.equal(file, request.body)
    assert.equal(math.huge, request.timeout)
    assert.equal(30, request.stall_timeout)
  end)
end)

describe("a presigned URL", function()
  it("contains the signature and its end", function()
    local s3 = client()
    local url, headers, method = s3:presign("GetObject", { Bucket = "logs", Key = "a b" }, { expires = 600 })
    assert.matches("^https://logs%.s3%.us%-east%-1%.amazonaws%.com/a%%20b%?X%-Amz%-Algorithm=AWS4%-HMAC%-SHA256&", url)
    assert.matches("&X%-Amz%-Expires=600&", url .. "&")
    assert.matches("&X%-Amz%-SignedHeaders=host&", url .. "&")
    assert.matches("&X%-Amz%-Signature=%x+$", url)
    assert.same({}, headers)
    assert.equal("GET", method)
    url, headers, method = s3:presign("PutObject", { Bucket = "logs", Key = "k", ContentType = "text/plain" })
    assert.matches("SignedHeaders=content%-type%%3Bhost&", url)
    assert.matches("Expires=3600&", url)
    assert.same({ ["Content-Type"] = "text/plain" }, headers)
    assert.equal("PUT", method)
  end)

  it("is refused with an invalid time, input or authentication", function()
    local s3 = client()
    for _, expires in ipairs { 0, 604801, 1.5 } do
      local _, err = s3:presign("GetObject", { Bucket = "logs", Key = "k" }, { expires = expires })
      assert.equal("InvalidValue", err.code)
    end
    assert.has_error(function() s3:presign("GetObject", { Bucket = "logs" }) end, "thing:GetObject: Key: required, but missing")
    s3 = client(nil, { client = { unsigned = true } })
    assert.equal("NotSupported", select(2, s3:presign("GetObject", { Bucket = "logs", Key = "k" })).code)
  end)
end)
