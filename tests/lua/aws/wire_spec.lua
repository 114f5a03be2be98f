local credentials = require "lanyard.credentials"
local json = require "lanyard.json"
local wire = require "lanyard.aws.wire"

local NONE = credentials.redactor {}

local function shows(text, secrets)
  for _, secret in ipairs(secrets) do
    assert.is_nil(text:find(secret, 1, true), text)
  end
  return text
end

describe("the wire log", function()
  it("hides the values of secret members, whatever they are", function()
    local shown = shows(wire.body('{"authorizationData":[{"authorizationToken":"QVdTOnNlY3JldA==","expiresAt":1}],'
      .. '"environment" : {"DB":"a}\\"b{","N":{"x":["hidden"]}}, "password":12345,"sessionToken":"cut'),
      { "QVdT", "a}", "hidden", "12345", "cut" })
    assert.truthy(shown:find('"expiresAt":1', 1, true))
  end)

  it("hides what containers log", function()
    assert.equal('{"logEvents":"***","nextPageToken":"x"}',
      wire.body '{"logEvents":[{"createdAt":1.5,"message":"password is hidden"}],"nextPageToken":"x"}')
  end)

  it("shows what is no secret as it came", function()
    for _, text in ipairs {
      '{"policyText":"{ \\"Statement\\" : [] }","nextToken":"abc=","tokenType":"Bearer"}',
      "<Arn>arn:aws:iam::1:user/a</Arn><AccessKeyId>AKIA</AccessKeyId>",
      "Action=AssumeRole&RoleArn=arn%3Aaws&Tags.member.1.Key=k", "busy", "", "a=b\nc",
    } do
      assert.equal(text, wire.body(text))
    end
  end)

  it("reads JSON's escapes, in names and in values", function()
    shows(wire.body [[{"secretAccess\u004bey":"one\"two\\","x":1,"accessToken":"\u0022three\\\"four","y":["five"]}]],
      { "one", "two", "three", "four" })
    assert.equal([[{"idToken":"***","y":"\\"}]], wire.body [[{"idToken":"a\\","y":"\\"}]])
  end)

  it("finds secrets in JSON inside a string of JSON, as CloudTrail has it", function()
    local inner = json.encode { credentials = { sessionToken = 'one"two\\', accessKeyId = "ASIA" }, z = "shown" }
    local text = inner
    for _ = 1, 3 do
      text = json.encode { CloudTrailEvent = text, after = "shown too" }
      local shown = shows(wire.body(text), { "one", "two" })
      local seen = assert(json.decode(shown))
      assert.equal("shown too", seen.after)
      while seen.CloudTrailEvent do seen = assert(json.decode(seen.CloudTrailEvent)) end
      assert.same({ credentials = { sessionToken = "***", accessKeyId = "ASIA" }, z = "shown" }, seen)
    end
  end)

  it("hides the elements of STS's answers, whatever is in them", function()
    assert.equal("<SecretAccessKey>***</SecretAccessKey><X>y</X>",
      wire.body "<SecretAccessKey>abc</SecretAccessKey><X>y</X>")
    assert.equal('<a:SessionToken x="1">***</a:SessionToken><X/>',
      wire.body '<a:SessionToken x="1"><![CDATA[abc]]>&amp;def<b>ghi</b></a:SessionToken><X/>')
    assert.equal("<SessionToken/><X>y</X>", wire.body "<SessionToken/><X>y</X>")
    shows(wire.body "<SessionToken>cut", { "cut" })
  end)

  it("hides the fields of forms", function()
    assert.equal("Action=A&WebIdentityToken=***&TokenCode=***&SAMLAssertion=***&RoleArn=r",
      wire.body "Action=A&WebIdentityToken=ey.J%2Bx&TokenCode=123456&SAMLAssertion=PHNhbWw%3D&RoleArn=r")
    assert.equal("grant_type=refresh_token&refresh_token=***&client_secret=***",
      wire.body "grant_type=refresh_token&refresh_token=abc&client_secret=def")
  end)

  it("hides the signatures and tokens of query strings, in JSON too", function()
    local url = "https://b.s3.amazonaws.com/x?X-Amz-Security-Token=one%2F&X-Amz-Date=2&X-Amz-Signature=three"
    local shown = shows(wire.body(json.encode { downloadUrl = url }), { "one", "three" })
    assert.truthy(shown:find("X-Amz-Date=2", 1, true))
    shows(wire.body [[{"u":"x?X-Amz-Date=2\u0026X-Amz-Security-Token=o\/one\u0026X-Amz-Signature\u003dthree"}]],
      { "one", "three" })
    local lines = wire.request({ method = "GET", url = url, headers = {} }, NONE)
    assert.equal("> GET https://b.s3.amazonaws.com/x?X-Amz-Security-Token=***&X-Amz-Date=2&X-Amz-Signature=***", lines)
  end)

  it("hides the headers that carry secrets", function()
    local lines = shows(wire.request({ method = "GET", url = "http://169.254.169.254/", headers = {
      Authorization = "Bearer one", ["x-amz-sso_bearer_token"] = "two", ["X-aws-ec2-metadata-token"] = "three",
      ["X-Amz-Security-Token"] = "four", Cookie = "five", DPoP = "six", Accept = "shown",
      ["X-Sealed"] = credentials.secret "seven",
    } }, NONE), { "one", "two", "three", "four", "five", "six", "seven" })
    assert.matches("> Accept: shown", lines)
    lines = shows(wire.reply({ status = 200, elapsed = 0.1, body = "", headers = { ["set-cookie"] = "one",
      location = "https://a/?X-Amz-Signature=two" } }, NONE), { "one", "two" })
    assert.matches("^< 200 %(0%.100 s%)\n", lines)
  end)

  it("keeps of a signature's header all but the signature", function()
    assert.equal("> POST https://a/\n> Authorization: AWS4-HMAC-SHA256 Credential=A/b, SignedHeaders=host, Signature=***",
      wire.request({ method = "POST", url = "https://a/", body = "", headers = {
        Authorization = "AWS4-HMAC-SHA256 Credential=A/b, SignedHeaders=host, Signature=0123abcd" } }, NONE))
  end)

  it("hides the keys of the session wherever they stand, and what is sealed", function()
    local key = credentials.new { access_key_id = "AKIDEXAMPLE", secret_access_key = "hidden-secret" }
    shows(wire.request({ method = "POST", url = "https://a/", body = "has hidden-secret in it", headers = {} },
      credentials.redactor { key }), { "hidden-secret" })
    assert.equal("> POST https://a/\n> ***",
      wire.request({ method = "POST", url = "https://a/", body = credentials.secret "x", headers = {} }, NONE))
  end)

  it("shows nothing of the sealed values of a reply", function()
    local text, opened = credentials.secret '{"accessKeyId":"ASIA","secretAccessKey":"one","sessionToken":"two"}'
      :unseal({ "secretAccessKey", "sessionToken" }, "json")
    local lines = wire.reply({ status = 200, elapsed = 0, headers = {}, body = text }, credentials.redactor { opened.sessionToken })
    assert.matches('"secretAccessKey":"%*%*%*"', shows(lines, { "one", "two" }))
  end)

  it("sends a terminal nothing that it acts on", function()
    local lines = wire.reply({ status = 200, elapsed = 0, body = "a\27[2J\tb\n", headers = { x = "\155\7" } }, NONE)
    assert.is_nil(lines:find "[\27\7]")
  end)

  it("hides a header of AWS's that an error repeats, a password in a URL, and keys by any of their names", function()
    shows(wire.body '{"message":"was\\nx-amz-security-token:SECRET\\nhost:a"}', { "SECRET" })
    shows(wire.body "see https://me:SECRET@host/ or postgres://me:SECRET@b", { "SECRET" })
    for _, name in ipairs { "aws_secret_access_key", "auth_token", "secret", "apiKey", "passphrase" } do
      shows(wire.body(('{"%s":"SECRET"}'):format(name)), { "SECRET" })
    end
    assert.matches("12:30:00", wire.body '{"message":"at 12:30:00"}')
  end)

  it("reads long texts that begin something and never end it", function()
    for _, piece in ipairs { "a", "<a", "\\", '"a', "=", "<", "%41" } do
      local text = piece:rep(200000)
      assert.equal(text, wire.body(text))
      assert.equal("<" .. text, wire.body("<" .. text))
    end
  end)

  it("hides a secret in texts of any form, however they are cut", function()
    local whole = json.encode { authorizationToken = "SECRET", list = { { password = "SECRET" } },
      inner = json.encode { sessionToken = "SECRET" } } .. "<SecretAccessKey>SECRET</SecretAccessKey>"
      .. "&WebIdentityToken=SECRET&x=y"
    for first = 1, #whole do
      -- Cut at the end a secret is still hidden; cut at the front its name may be gone.
      shows(wire.body(whole:sub(1, first)), { "SECR" })
    end
  end)
end)
