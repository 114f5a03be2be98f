local credentials = require "lanyard.credentials"
local crypto = require "lanyard.crypto"
local modelled = require "modelled"
local stream = require "lanyard.stream"

local answer = modelled.answer

local function header(name, wire, shape) return { name = name, shape = shape or "Text", location = "header", locationName = wire } end
local function query(name, wire) return { name = name, shape = "Text", location = "querystring", locationName = wire } end

local DATA = {
  metadata = { serviceId = "S3", protocol = "rest-xml", signatureVersion = "s3", endpointPrefix = "s3" },
  operations = {
    CopyObject = { http = { method = "PUT", requestUri = "/{Key+}" }, input = { shape = "In" } },
    GetObject = { http = { method = "GET", requestUri = "/{Key+}" }, input = { shape = "In" } },
    ListObjectsV2 = { http = { method = "GET", requestUri = "/?list-type=2" },
      input = { shape = "ListIn" }, output = { shape = "ListOut" } },
    ListObjectVersions = { http = { method = "GET", requestUri = "/?versions" },
      input = { shape = "ListIn" }, output = { shape = "ListOut" } },
  },
  shapes = {
    In = { type = "structure", members = { { name = "Key", shape = "Text", location = "uri", locationName = "Key" },
      header("CopySource", "x-amz-copy-source"), header("SSECustomerKey", "x-key", "Secret"), header("SSECustomerKeyMD5", "x-md5"),
      { name = "Metadata", shape = "Map", location = "headers", locationName = "x-amz-meta-" } } },
    ListIn = { type = "structure", members = { query("EncodingType", "encoding-type"), query("StartAfter", "start-after"), query("KeyMarker", "key-marker") } },
    ListOut = { type = "structure", members = { { name = "EncodingType", shape = "Text" }, { name = "Prefix", shape = "Text" },
      { name = "StartAfter", shape = "Text" }, { name = "NextKeyMarker", shape = "Text" }, { name = "NextContinuationToken", shape = "Text" },
      { name = "Contents", shape = "Objects", flattened = true }, { name = "CommonPrefixes", shape = "Prefixes", flattened = true },
      { name = "Versions", shape = "Objects", locationName = "Version", flattened = true } } },
    Objects = { type = "list", flattened = true, member = { shape = "Object" } },
    Object = { type = "structure", members = { { name = "Key", shape = "Text" } } },
    Prefixes = { type = "list", flattened = true, member = { shape = "PrefixOf" } },
    PrefixOf = { type = "structure", members = { { name = "Prefix", shape = "Text" } } },
    Map = { type = "map", key = { shape = "Text" }, value = { shape = "Text" } },
    Text = { type = "string" }, Secret = { type = "string", sensitive = true },
  },
}

local function client(...)
  return modelled.client(DATA, { ... })
end

describe("a key for the encryption by S3", function()
  it("is sent in base64, with its MD5", function()
    local s3, requests = client(answer(200))
    assert(s3:GetObject { Key = "k", SSECustomerKey = ("k"):rep(32) })
    assert.equal(crypto.base64(("k"):rep(32)), requests[1].headers["x-key"])
    assert.equal(crypto.base64(stream.digests(("k"):rep(32), { "md5" }).md5), requests[1].headers["x-md5"])
    assert(s3:GetObject { Key = "k", SSECustomerKey = "a2V5", SSECustomerKeyMD5 = "m" })
    assert.equal("a2V5 m", requests[2].headers["x-key"] .. " " .. requests[2].headers["x-md5"])
  end)

  it("is not a sealed secret, unless it is in base64 already", function()
    local s3, requests = client(answer(200))
    local reply, err = s3:GetObject { Key = "k", SSECustomerKey = credentials.secret "k" }
    assert.is_nil(reply)
    assert.equal("SSECustomerKey: a sealed key cannot be encoded: give it in base64, and its SSECustomerKeyMD5", err.message)
    assert(s3:GetObject { Key = "k", SSECustomerKey = credentials.secret "a2V5", SSECustomerKeyMD5 = "m" })
    assert.equal(1, #requests)
  end)
end)

describe("a bucket", function()
  it("has a name that S3 can have, in one line", function()
    local data = { metadata = DATA.metadata, shapes = { In = { type = "structure", members = {
      { name = "Bucket", shape = "Text", location = "uri", locationName = "Bucket" } } }, Text = { type = "string" } },
      operations = { ListObjects = { http = { method = "GET", requestUri = "/{Bucket}" }, input = { shape = "In" } } } }
    local s3, requests = modelled.client(data, { answer(200) })
    for _, name in ipairs { "", "a b", "a\nb", "a/b", ("a"):rep(256) } do
      local reply, err = s3:ListObjects { Bucket = name }
      assert.is_nil(reply)
      assert.equal(("Bucket: '%s' is not the name or the ARN of a bucket"):format((name:gsub("\n", " "))), err.message)
    end
    local _, err = s3:ListObjects { Bucket = credentials.secret "logs" }
    assert.equal("Bucket: a sealed secret cannot be a part of a URL", err.message)
    assert.equal(0, #requests)
  end)
end)

describe("the source of a copy", function()
  local function source(value)
    local s3, requests = client(answer(200, "<CopyObjectResult/>"))
    assert(s3:CopyObject { Key = "k", CopySource = value })
    return requests[1].headers["x-amz-copy-source"]
  end

  it("has an escaped key, and its version as it is", function()
    assert.equal("src/a%20b%2B%C3%A4?versionId=12", source "src/a b+\u{e4}?versionId=12")
    assert.equal("src/a%20b%3FversionId%3D1%202", source "src/a b?versionId=1 2")
    assert.equal("/src/a%2520b", source "/src/a%20b")
    assert.equal("src/a?versionId=1?versionId=2", source "src/a?versionId=1?versionId=2")
  end)

  it("can be a table", function()
    assert.equal("src/a%20b%2B%C3%A4%3FversionId%3D1?versionId=12", source { Bucket = "src", Key = "a b+\u{e4}?versionId=1", VersionId = "12" })
    assert.equal("src/k", source { Bucket = "src", Key = "k" })
    assert.equal("arn%3Aaws%3As3%3Aus-east-1%3A111122223333%3Aaccesspoint/ap/object/a%20b",
      source { Bucket = "arn:aws:s3:us-east-1:111122223333:accesspoint/ap", Key = "a b" })
  end)

  it("has an error for a table without its members", function()
    local s3, requests = client(answer(200))
    for message, value in pairs {
      ["thing:CopyObject: CopySource.Key: required, but missing"] = { Bucket = "b" },
      ["thing:CopyObject: CopySource.Bucket: required, but missing"] = { Bucket = "", Key = "k" },
      ["thing:CopyObject: CopySource.Key: expected a string, got a number"] = { Bucket = "b", Key = 1 },
      ["thing:CopyObject: CopySource.1: an unknown member: use Bucket, Key and VersionId"] = { "b/k" },
      ["thing:CopyObject: CopySource: expected a string, got an integer"] = 5,
    } do
      local ok, err = pcall(s3.CopyObject, s3, { Key = "k", CopySource = value })
      assert.is_false(ok)
      assert.equal(message, err:match "thing:.*")
    end
    assert.equal(0, #requests)
  end)

  it("is the same when the bucket is in another Region", function()
    local data = { metadata = DATA.metadata, shapes = setmetatable({ In = { type = "structure", members = {
      { name = "Bucket", shape = "Text", location = "uri", locationName = "Bucket" }, table.unpack(DATA.shapes.In.members) } } },
      { __index = DATA.shapes }), operations = { CopyObject = { http = { method = "PUT", requestUri = "/{Bucket}/{Key+}" }, input = { shape = "In" } } } }
    local s3, requests = modelled.client(data, { answer(301, "", { ["x-amz-bucket-region"] = "us-west-2" }), answer(200, "<CopyObjectResult/>") })
    assert(s3:CopyObject { Bucket = "b", Key = "k", CopySource = "src/a b", SSECustomerKey = "k" })
    assert.equal("src/a%20b src/a%20b", requests[1].headers["x-amz-copy-source"] .. " " .. requests[2].headers["x-amz-copy-source"])
    assert.equal("aw== aw==", requests[1].headers["x-key"] .. " " .. requests[2].headers["x-key"])
  end)
end)

describe("metadata of an object", function()
  it("has only ASCII characters", function()
    local s3, requests = client(answer(200, "<CopyObjectResult/>"))
    for _, metadata in ipairs { { a = "\u{e4}" }, { ["\u{e4}"] = "a" } } do
      local reply, err = s3:CopyObject { Key = "k", Metadata = metadata }
      assert.is_nil(reply)
      assert.equal(("Metadata.%s: S3 keeps only ASCII characters in metadata"):format((next(metadata))), err.message)
    end
    assert.equal(0, #requests)
    assert(s3:CopyObject { Key = "k", Metadata = { a = "b", c = credentials.secret "d" } })
    assert.equal("b", requests[1].headers["x-amz-meta-a"])
  end)
end)

describe("a list of objects", function()
  local BODY = "<L><EncodingType>url</EncodingType><Prefix>a%2Bb+c</Prefix><StartAfter>%25</StartAfter><NextKeyMarker>n%2B</NextKeyMarker>"
    .. "<NextContinuationToken>t%2B</NextContinuationToken><Contents><Key>a%01+%C3%A4</Key></Contents>"
    .. "<CommonPrefixes><Prefix>x%20y</Prefix></CommonPrefixes><Version><Key>v%2B</Key></Version></L>"

  it("is requested with escapes, and returned without them", function()
    local s3, requests = client(answer(200, BODY))
    local reply = assert(s3:ListObjectsV2())
    assert.matches("encoding%-type=url$", requests[1].url)
    assert.same({ "a+b c", "%", "t%2B", "a\1 \u{e4}", "x y" }, { reply.Prefix, reply.StartAfter, reply.NextContinuationToken, reply.Contents[1].Key,
      reply.CommonPrefixes[1].Prefix })
    reply = assert(s3:ListObjectVersions())
    assert.same({ "n+", "v+" }, { reply.NextKeyMarker, reply.Versions[1].Key })
  end)

  it("is returned as it is, if the caller asks for escapes or S3 sends none", function()
    local s3 = client(answer(200, BODY), answer(200, (BODY:gsub("<EncodingType>url</EncodingType>", ""))))
    assert.equal("a%2Bb+c", assert(s3:ListObjectsV2 { EncodingType = "url" }).Prefix)
    assert.equal("a%2Bb+c", assert(s3:ListObjectsV2()).Prefix)
  end)
end)
