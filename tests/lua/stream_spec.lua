local credentials = require "lanyard.credentials"
local helper = require "helper"
local http = require "lanyard.http"
local httpd = require "lanyard.httpd"
local stream = require "lanyard.stream"

local function hex(bytes)
  return (bytes:gsub(".", function(c) return ("%02x"):format(c:byte()) end))
end

-- The digests of a value, in hexadecimal digits.
local function digests(value, names)
  local found = assert(stream.digests(value, names))
  for name, bytes in pairs(found) do found[name] = hex(bytes) end
  return found
end

local ALL = { "crc32", "crc32c", "crc64nvme", "md5", "sha1", "sha256", "sha512" }

describe("digests", function()
  it("have their published check values", function()
    -- CRC: the check values of "123456789" in the catalogue of parametrised CRC algorithms.
    assert.same({ crc32 = "cbf43926", crc32c = "e3069283", crc64nvme = "ae8b14860a799888" },
      digests("123456789", { "crc32", "crc32c", "crc64nvme" }))
    -- RFC 3720, appendix B.4, and RFC 1321, RFC 3174, FIPS 180-4.
    assert.equal("8a9136aa", digests(("\0"):rep(32), { "crc32c" }).crc32c)
    assert.equal("62a8ab43", digests(("\255"):rep(32), { "crc32c" }).crc32c)
    local abc = digests("abc", ALL)
    assert.equal("900150983cd24fb0d6963f7d28e17f72", abc.md5)
    assert.equal("a9993e364706816aba3e25717850c26c9cd0d89d", abc.sha1)
    assert.equal("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad", abc.sha256)
    assert.matches("^ddaf35a193617abacc417349ae204131", abc.sha512)
    assert.same({ crc32 = "00000000", md5 = "d41d8cd98f00b204e9800998ecf8427e" }, digests("", { "crc32", "md5" }))
  end)

  it("are the same for a text, a secret and a file, at every length", function()
    local folder <close> = helper.folder()
    for _, length in ipairs { 0, 1, 7, 8, 9, 1000, 262143, 262144, 262145, 600001 } do
      local text = ("0123456789abcde"):rep(length // 15 + 1):sub(1, length)
      helper.write(folder .. "/file", text)
      local file <close> = assert(stream.open(folder .. "/file"))
      assert.equal(length, file:length())
      local expected = digests(text, ALL)
      assert.same(expected, digests(file, ALL))
      assert.same(expected, digests(credentials.secret(text), ALL))
    end
  end)

  it("refuse names that they do not have", function()
    assert.has_error(function() stream.digests("x", { "crc16" }) end)
    assert.has_error(function() stream.digests({}, { "crc32" }) end)
  end)
end)

describe("a stream", function()
  it("reads regular files only", function()
    local folder <close> = helper.folder()
    local file, err = stream.open(folder .. "/absent")
    assert.is_nil(file)
    assert.equal("NotFound", err.code)
    assert.equal("NotRegular", select(2, stream.open(tostring(folder))).code)
    assert.equal("NotRegular", select(2, stream.open "/dev/null").code)
  end)

  it("writes beside the file, and replaces it when it is kept", function()
    local folder <close> = helper.folder()
    local path = folder .. "/out"
    helper.write(path, "old")
    do
      local file <close> = assert(stream.create(path))
      assert.is_true(file:is_temporary())
    end
    assert.equal("old", helper.read(path))
    local file <close> = assert(stream.create(path))
    assert(file:keep())
    assert.equal("", helper.read(path))
    assert.is_false(file:is_temporary())
    file:close()
    assert.has_error(function() file:length() end)
    assert.same("out\n", helper.run { "ls", tostring(folder) }.out)
    assert.equal("NotFound", select(2, stream.create(folder .. "/no/file")).code)
  end)

  it("writes what a link names", function()
    local folder <close> = helper.folder()
    helper.write(folder .. "/target", "old")
    assert(os.execute(("ln -s target %s/link"):format(folder)))
    local file <close> = assert(stream.create(folder .. "/link"))
    assert(file:keep())
    assert.equal("", helper.read(folder .. "/target"))
    assert.matches("^link%-", helper.run({ "sh", "-c", ("test -L %s/link && echo link-"):format(folder) }).out)
  end)

  it("does not replace a link that names nothing", function()
    local folder <close> = helper.folder()
    assert(os.execute(("ln -s target %s/link && ln -s loop %s/loop"):format(folder, folder)))
    for _, name in ipairs { "link", "loop" } do
      local file, err = stream.create(folder .. "/" .. name)
      assert.is_nil(file)
      assert.equal("NotFound", err.code)
    end
    assert.equal("link\nloop\n", helper.run({ "ls", tostring(folder) }).out)
  end)
end)

describe("a request with a file", function()
  local function serve(handler)
    local server = assert(httpd.serve { handler = handler, max_body = 64 * 1024 * 1024 })
    return setmetatable({ url = server.url }, { __close = server.close })
  end

  it("sends it, with texts around it", function()
    local folder <close> = helper.folder()
    local text = ("0123456789"):rep(100000)
    helper.write(folder .. "/file", text)
    local server <close> = serve(function(request)
      return { status = 200, body = request.method .. request.headers["content-length"] .. digests(request.body, { "crc32" }).crc32 }
    end)
    local file <close> = assert(stream.open(folder .. "/file"))
    for _ = 1, 2 do
      local reply = assert(http.request { url = server.url, method = "PUT", body = file, headers = { Expect = "100-continue" } })
      assert.equal("PUT1000000" .. digests(text, { "crc32" }).crc32, reply.body)
    end
    local reply = assert(http.request { url = server.url, method = "POST", body = file, body_before = "a\0", body_after = "z" })
    assert.equal("POST1000003" .. digests("a\0" .. text .. "z", { "crc32" }).crc32, reply.body)
    helper.write(folder .. "/file", "")
    local empty <close> = assert(stream.open(folder .. "/file"))
    assert.equal("PUT000000000", assert(http.request { url = server.url, method = "PUT", body = empty }).body)
  end)

  it("fails if the file becomes shorter", function()
    local folder <close> = helper.folder()
    helper.write(folder .. "/file", "0123456789")
    local file <close> = assert(stream.open(folder .. "/file"))
    helper.write(folder .. "/file", "0123")
    local server <close> = serve(function() return { status = 200 } end)
    local reply, err = http.request { url = server.url, method = "PUT", body = file }
    assert.is_nil(reply)
    assert.equal("SystemError", err.code)
    assert.matches("cannot read the file of the request: the file has become shorter", err.message)
    assert.is_false(err.retryable)
  end)

  it("gets the body of a reply that succeeds", function()
    local folder <close> = helper.folder()
    local status = 200
    local server <close> = serve(function() return { status = status, body = ("reply"):rep(50000) } end)
    local file <close> = assert(stream.create(folder .. "/out"))
    local reply = assert(http.request { url = server.url, to = file, max_size = 10 })
    assert.equal("", reply.body)
    assert.equal(250000, file:length())
    assert(file:rewind())
    status = 404
    reply = assert(http.request { url = server.url, to = file })
    assert.equal(250000, #reply.body)
    assert.equal(0, file:length())
  end)

  it("fails if the file cannot be written", function()
    local server <close> = serve(function() return { status = 200, body = ("x"):rep(100000) } end)
    local file <close> = assert(stream.create "/dev/full")
    local reply, err = http.request { url = server.url, to = file }
    assert.is_nil(reply)
    assert.matches("cannot write the file of the reply: No space left", err.message)
  end)

  it("is as the server has stored it", function()
    local server <close> = serve(function(request)
      return { status = 200, body = request.headers["accept-encoding"] or "none", headers = { ["Content-Encoding"] = "gzip" } }
    end)
    assert.equal("none", assert(http.request { url = server.url, as_stored = true }).body)
  end)
end)
