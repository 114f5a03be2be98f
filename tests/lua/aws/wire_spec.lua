local helper = require "helper"
local stream = require "lanyard.stream"
local credentials = require "lanyard.credentials"
local wire = require "lanyard.aws.wire"

local NONE = credentials.redactor {}

-- Fails if the text contains one of the secrets, and returns the text.
local function shows(text, secrets)
  for _, secret in ipairs(secrets) do
    assert.is_nil(text:find(secret, 1, true), text)
  end
  return text
end

describe("lanyard.aws.wire", function()
  it("names a file in place of its bytes", function()
    local folder <close> = helper.folder()
    helper.write(folder .. "/file", "the bytes")
    local file <close> = assert(stream.open(folder .. "/file"))
    assert.equal(("> PUT https://b/\n> (9 bytes of %s/file)"):format(folder),
      wire.request({ method = "PUT", url = "https://b/", headers = {}, body = file }, NONE))
  end)

  it("hides signatures and tokens of the URL", function()
    local url = "https://b.s3.amazonaws.com/x?X-Amz-Security-Token=one%2F&X-Amz-Date=2&X-Amz-Signature=three"
    local lines = wire.request({ method = "GET", url = url, headers = {} }, NONE)
    assert.equal("> GET https://b.s3.amazonaws.com/x?X-Amz-Security-Token=***&X-Amz-Date=2&X-Amz-Signature=***", lines)
  end)

  it("hides headers that carry secrets", function()
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

  it("hides only the signature of an Authorization header", function()
    assert.equal("> POST https://a/\n> Authorization: AWS4-HMAC-SHA256 Credential=A/b, SignedHeaders=host, Signature=***",
      wire.request({ method = "POST", url = "https://a/", body = "", headers = {
        Authorization = "AWS4-HMAC-SHA256 Credential=A/b, SignedHeaders=host, Signature=0123abcd" } }, NONE))
  end)

  it("hides the keys of the session anywhere, and sealed bodies", function()
    local key = credentials.new { access_key_id = "AKIDEXAMPLE", secret_access_key = "hidden-secret" }
    shows(wire.request({ method = "POST", url = "https://a/", body = "has hidden-secret in it", headers = {} },
      credentials.redactor { key }), { "hidden-secret" })
    assert.equal("> POST https://a/\n> ***",
      wire.request({ method = "POST", url = "https://a/", body = credentials.secret "x", headers = {} }, NONE))
  end)

  it("hides the sealed values of a reply", function()
    local text, opened = credentials.secret '{"accessKeyId":"ASIA","secretAccessKey":"one","sessionToken":"two"}'
      :unseal({ "secretAccessKey", "sessionToken" }, "json")
    local lines = wire.reply({ status = 200, elapsed = 0, headers = {}, body = text }, credentials.redactor { opened.sessionToken })
    assert.matches('"secretAccessKey":"%*%*%*"', shows(lines, { "one", "two" }))
  end)

  it("replaces control characters", function()
    local lines = wire.reply({ status = 200, elapsed = 0, body = "a\27[2J\tb\n", headers = { x = "\155\7" } }, NONE)
    assert.is_nil(lines:find "[\27\7]")
  end)

  it("marks each line of a body, and hides what spans lines first", function()
    local redactor = credentials.redactor { credentials.secret "first\nsecond" }
    local lines = wire.reply({ status = 500, elapsed = 0, headers = {}, body = "first\nsecond\r\nlanyard: done\n" }, redactor)
    assert.equal("< 500 (0.000 s)\n< ***\n< lanyard: done\n< ", lines)
    for line in wire.request({ method = "POST", url = "https://a/", headers = {}, body = "a\nb" }, NONE):gmatch "[^\n]+" do
      assert.equal("> ", line:sub(1, 2))
    end
  end)

  it("hides the secrets of bodies by their names", function()
    assert.equal('> POST https://a/\n> {"password":"***"}',
      wire.request({ method = "POST", url = "https://a/", body = '{"password":"x"}', headers = {} }, NONE))
    assert.equal("< 200 (0.000 s)\n< <SecretAccessKey>***</SecretAccessKey>",
      wire.reply({ status = 200, elapsed = 0, body = "<SecretAccessKey>abc</SecretAccessKey>", headers = {} }, NONE))
  end)

  it("hides short secrets where they are a whole value", function()
    local short = { e = true, ["12"] = true, ["a%2Fb"] = true, ['a\\"b'] = true }
    local function body(text, content_type)
      local lines = wire.request({ method = "POST", url = "https://a/", headers = { ["content-type"] = content_type }, body = text }, NONE, short)
      return lines:match "> ([^\n]*)$"
    end
    assert.equal('{"e":"***","be":["***", "me"],"n":***,"m":[***,12.5,112],"q":"***"}',
      body '{"e":"e","be":["e", "me"],"n":12,"m":[12,12.5,112],"q":"a\\"b"}')
    assert.equal('{"nested":"{\\"e\\": \\"***\\"}"}', body '{"nested":"{\\"e\\": \\"e\\"}"}')
    assert.equal("<e a='e'>***</e><me>me</me>", body "<e a='e'>e</e><me>me</me>")
    assert.equal("Action=Me&e=***&x=***&y=***", body "Action=Me&e=e&x=a%2Fb&y=12")
    assert.equal("\xa1bmea***", body("\xa1bmeae", "application/cbor")) -- a map, "me", "e"
    assert.equal("> GET https://e.me/***/me/***?x=***&e=me&y=***\n> content-length: 12\n> x-e: ***\n> x-me: me",
      wire.request({ method = "GET", url = "https://e.me/e/me/a%2Fb?x=e&e=me&y=12",
        headers = { ["x-e"] = "e", ["x-me"] = "me", ["content-length"] = "12" } }, NONE, short))
    assert.equal('< 200 (0.000 s)\n< x: ***\n< {"a":"***"}',
      wire.reply({ status = 200, elapsed = 0, headers = { x = "e" }, body = '{"a":"e"}' }, NONE, short))
  end)
end)
