local helper = require "helper"
local crypto = require "lanyard.crypto"
local modelled = require "modelled"
local stream = require "lanyard.stream"

local MIB = 1024 * 1024
local DATA = { metadata = { serviceId = "Glacier", apiVersion = "2012-06-01", endpointPrefix = "glacier", protocol = "rest-json" },
  operations = {
    UploadArchive = { http = { method = "POST", requestUri = "/{accountId}/archives" }, input = { shape = "In" } },
    ListVaults = { http = { method = "GET", requestUri = "/{accountId}/vaults" }, input = { shape = "Account" } },
  }, shapes = {
    In = { type = "structure", payload = "body", required = { "accountId" }, members = { { name = "body", shape = "Bytes", streaming = true },
      { name = "accountId", shape = "Text", location = "uri", locationName = "accountId" },
      { name = "checksum", shape = "Text", location = "header", locationName = "x-amz-sha256-tree-hash" } } },
    Account = { type = "structure", required = { "accountId" }, members = { { name = "accountId", shape = "Text", location = "uri" } } },
    Bytes = { type = "blob" }, Text = { type = "string" } } }

local function hex(bytes)
  return (bytes:gsub(".", function(c) return ("%02x"):format(c:byte()) end))
end

local function sha256(bytes) return stream.digests(bytes, { "sha256" }).sha256 end

local function uploaded(input)
  local glacier, requests = modelled.client(DATA, { modelled.answer(200) })
  assert(glacier:UploadArchive(input))
  return requests[1]
end

describe("a request to Glacier", function()
  it("has the version of the API, the hash, and the tree hash of a text or a file", function()
    local folder <close> = helper.folder()
    local a, b, c = ("a"):rep(MIB), ("b"):rep(MIB), "c"
    for text, hash in pairs {
      [""] = sha256 "", ["short"] = sha256 "short", [a] = sha256(a), [a .. b] = sha256(sha256(a) .. sha256(b)),
      [a .. b .. c] = sha256(sha256(sha256(a) .. sha256(b)) .. sha256(c)),
    } do
      helper.write(folder .. "/file", text)
      local file <close> = assert(stream.open(folder .. "/file"))
      for _, body in ipairs { text, file } do
        local request = uploaded { body = body }
        assert.equal("2012-06-01", request.headers["x-amz-glacier-version"])
        assert.equal(hex(hash), request.headers["x-amz-sha256-tree-hash"])
        assert.equal(crypto.sha256_hex(text), request.headers["X-Amz-Content-Sha256"])
        assert.matches("x%-amz%-content%-sha256;.*x%-amz%-sha256%-tree%-hash", request.headers.Authorization)
      end
    end
    assert.equal("own", uploaded { body = "x", checksum = "own" }.headers["x-amz-sha256-tree-hash"])
  end)

  it("is about the account of the credentials by default", function()
    assert.equal("https://glacier.us-east-1.amazonaws.com/-/archives", uploaded { body = "x" }.url)
    assert.equal("https://glacier.us-east-1.amazonaws.com/1/archives", uploaded { body = "x", accountId = "1" }.url)
    local glacier, requests = modelled.client(DATA, { modelled.answer(200) })
    local input = {}
    assert(glacier:ListVaults(input))
    assert.equal("https://glacier.us-east-1.amazonaws.com/-/vaults", requests[1].url)
    assert.same({}, input)
  end)
end)
