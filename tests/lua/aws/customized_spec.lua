local crypto = require "lanyard.crypto"
local helper = require "helper"
local modelled = require "modelled"
local stream = require "lanyard.stream"

local answer = modelled.answer

local function data_of(metadata, operations, shapes)
  metadata.endpointPrefix, metadata.protocol = "things", metadata.protocol or "rest-json"
  return { metadata = metadata, operations = operations, shapes = shapes }
end

local function hex(bytes)
  return (bytes:gsub(".", function(c) return ("%02x"):format(c:byte()) end))
end

local function sha256(bytes) return stream.digests(bytes, { "sha256" }).sha256 end

describe("a request to Glacier", function()
  local DATA = data_of({ serviceId = "Glacier", apiVersion = "2012-06-01" }, {
    UploadArchive = { http = { method = "POST", requestUri = "/archives" }, input = { shape = "In" } },
  }, { In = { type = "structure", payload = "body", members = { { name = "body", shape = "Bytes", streaming = true },
    { name = "checksum", shape = "Text", location = "header", locationName = "x-amz-sha256-tree-hash" } } },
    Bytes = { type = "blob" }, Text = { type = "string" } })
  local MIB = 1024 * 1024

  it("has the version of the API, and the tree hash of a text or a file", function()
    local folder <close> = helper.folder()
    local a, b, c = ("a"):rep(MIB), ("b"):rep(MIB), "c"
    for text, hash in pairs {
      [""] = sha256 "", ["short"] = sha256 "short", [a] = sha256(a), [a .. b] = sha256(sha256(a) .. sha256(b)),
      [a .. b .. c] = sha256(sha256(sha256(a) .. sha256(b)) .. sha256(c)),
    } do
      helper.write(folder .. "/file", text)
      local file <close> = assert(stream.open(folder .. "/file"))
      for _, body in ipairs { text, file } do
        local glacier, requests = modelled.client(DATA, { answer(200) })
        assert(glacier:UploadArchive { body = body })
        assert.equal("2012-06-01", requests[1].headers["x-amz-glacier-version"])
        assert.equal(hex(hash), requests[1].headers["x-amz-sha256-tree-hash"])
        assert.matches("x%-amz%-sha256%-tree%-hash", requests[1].headers.Authorization)
      end
    end
    local glacier, requests = modelled.client(DATA, { answer(200) })
    assert(glacier:UploadArchive { body = "x", checksum = "own" })
    assert.equal("own", requests[1].headers["x-amz-sha256-tree-hash"])
  end)
end)

describe("a request to API Gateway", function()
  it("asks for JSON", function()
    local gateway, requests = modelled.client(data_of({ serviceId = "API Gateway" }, {
      GetApis = { http = { method = "GET", requestUri = "/restapis" } } }, {}), { answer(200) })
    assert(gateway:GetApis())
    assert.equal("application/json", requests[1].headers.Accept)
  end)
end)

describe("a request to S3 Control", function()
  it("has no host prefix, which the endpoint has", function()
    local control, requests = modelled.client(data_of({ serviceId = "S3 Control", signatureVersion = "s3v4" }, {
      Get = { http = { method = "GET", requestUri = "/x" }, endpoint = { hostPrefix = "{AccountId}." }, input = { shape = "In" } },
    }, { In = { type = "structure", members = {
      { name = "AccountId", shape = "Text", location = "header", locationName = "x-amz-account-id" } } }, Text = { type = "string" } }),
      { answer(200) })
    assert(control:Get { AccountId = "111122223333" })
    assert.equal("https://things.us-east-1.amazonaws.com/x", requests[1].url)
  end)
end)

describe("a key for the encryption by S3", function()
  it("is sent in base64, with its MD5", function()
    local s3, requests = modelled.client(data_of({ serviceId = "S3", protocol = "rest-xml", signatureVersion = "s3" }, {
      GetObject = { http = { method = "GET", requestUri = "/{Key}" }, input = { shape = "In" } },
    }, { In = { type = "structure", members = {
      { name = "Key", shape = "Text", location = "uri" },
      { name = "SSECustomerKey", shape = "Secret", location = "header", locationName = "x-key" },
      { name = "SSECustomerKeyMD5", shape = "Text", location = "header", locationName = "x-md5" } } },
      Text = { type = "string" }, Secret = { type = "string", sensitive = true } }), { answer(200) })
    assert(s3:GetObject { Key = "k", SSECustomerKey = ("k"):rep(32) })
    assert.equal(crypto.base64(("k"):rep(32)), requests[1].headers["x-key"])
    assert.equal(crypto.base64(stream.digests(("k"):rep(32), { "md5" }).md5), requests[1].headers["x-md5"])
    assert(s3:GetObject { Key = "k", SSECustomerKey = "a2V5", SSECustomerKeyMD5 = "m" })
    assert.equal("a2V5 m", requests[2].headers["x-key"] .. " " .. requests[2].headers["x-md5"])
  end)
end)

describe("a copy of a snapshot", function()
  local function copied(input)
    local ec2, requests = modelled.client(data_of({ serviceId = "EC2", protocol = "ec2", apiVersion = "2016-11-15" }, {
      CopySnapshot = { input = { shape = "In" } },
    }, { In = { type = "structure", members = {
      { name = "DestinationRegion", shape = "Text", locationName = "destinationRegion" },
      { name = "PresignedUrl", shape = "Text", locationName = "presignedUrl" },
      { name = "SourceRegion", shape = "Text" }, { name = "SourceSnapshotId", shape = "Text" } } },
      Text = { type = "string" } }), { answer(200, "<CopySnapshotResponse/>") })
    assert(ec2:CopySnapshot(input))
    local form = {}
    for name, value in requests[1].body:gmatch "([^&=]+)=([^&]*)" do
      form[name] = value:gsub("%%(%x%x)", function(code) return string.char(tonumber(code, 16)) end)
    end
    return form
  end

  it("has a URL that is signed for the Region of the snapshot", function()
    local form = copied { SourceRegion = "us-west-2", SourceSnapshotId = "snap-1" }
    assert.equal("us-east-1", form.DestinationRegion)
    assert.matches("^https://things%.us%-west%-2%.amazonaws%.com/%?Action=CopySnapshot&", form.PresignedUrl)
    assert.matches("DestinationRegion=us%-east%-1&", form.PresignedUrl)
    assert.matches("SourceSnapshotId=snap%-1&", form.PresignedUrl)
    assert.matches("%%2Fus%-west%-2%%2Fthings%%2Faws4_request&", form.PresignedUrl)
    assert.matches("&X%-Amz%-Signature=%x+$", form.PresignedUrl)
    assert.equal("own", copied { SourceRegion = "us-west-2", PresignedUrl = "own" }.PresignedUrl)
    assert.is_nil(copied({ SourceSnapshotId = "snap-1" }).PresignedUrl)
  end)
end)
