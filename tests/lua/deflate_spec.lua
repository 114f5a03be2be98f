-- Compressed data and its checksum.

local deflate = require "lanyard.deflate"

local TEXT = ("DescribeRepositories "):rep(5000) .. "\0\255"

describe("lanyard.deflate", function()
  it("restores what it compresses, at every level", function()
    for level = 0, 9 do
      assert.equal(TEXT, deflate.inflate(deflate.deflate(TEXT, level), #TEXT))
      assert.equal(TEXT, deflate.gunzip(deflate.gzip(TEXT, level), #TEXT))
    end
    assert.equal("", deflate.inflate(deflate.deflate "", 0))
    assert.is_true(#deflate.deflate(TEXT, 9) < 1000)
  end)

  it("needs less space with a dictionary, and the same one to expand", function()
    local dictionary = '{"errors":[{"shape":"InvalidParameterException"}]}'
    local packed = deflate.deflate(dictionary, 9, dictionary)
    assert.is_true(#packed < #deflate.deflate(dictionary, 9) / 2)
    assert.equal(dictionary, deflate.inflate(packed, 100, dictionary))
    assert.is_nil((deflate.inflate(packed, 100)))
    assert.has_error(function() deflate.deflate("", 9, ("x"):rep(65537)) end)
  end)

  it("reads and writes files of gzip", function()
    local helper = require "helper"
    local packed = helper.run({ "gzip", "-c" }, nil, TEXT).out
    assert.equal(TEXT, deflate.gunzip(packed, #TEXT))
    assert.equal(TEXT, helper.run({ "gzip", "-dc" }, nil, deflate.gzip(TEXT)).out)
    assert.equal("abcabc", deflate.gunzip(deflate.gzip "abc" .. deflate.gzip "abc", 100))
  end)

  it("writes gzip without a time, so that the bytes are reproducible", function()
    assert.equal("\0\0\0\0", deflate.gzip("abc"):sub(5, 8))
    assert.equal(deflate.gzip("abc", 9), deflate.gzip("abc", 9))
  end)

  it("computes CRC-32, in parts too", function()
    assert.equal(0xcbf43926, deflate.crc32 "123456789")
    assert.equal(0xcbf43926, deflate.crc32("6789", deflate.crc32 "12345"))
    assert.equal(0, deflate.crc32 "")
  end)
end)

describe("data that is not as expected", function()
  local packed, zipped = deflate.deflate(TEXT), deflate.gzip(TEXT)

  local function refuses(pattern, text, message)
    assert.is_nil(text)
    assert.matches(pattern, message)
  end

  it("is an error if it is longer than the limit", function()
    refuses("^the compressed data has more than 999 bytes$", deflate.inflate(packed, 999))
    refuses("more than " .. #TEXT - 1 .. " bytes", deflate.gunzip(zipped, #TEXT - 1))
    refuses("more than 0 bytes", deflate.inflate(packed, 0))
    local zeros = deflate.deflate(("\0"):rep(50000000), 9)
    refuses("more than 1000 bytes", deflate.inflate(zeros, 1000))
  end)

  it("is an error if it is incomplete", function()
    for length = 0, #packed - 1 do
      refuses("damaged: incomplete", deflate.inflate(packed:sub(1, length), #TEXT))
    end
    refuses("damaged: incomplete", deflate.gunzip(zipped:sub(1, -2), #TEXT))
  end)

  it("is an error if bytes follow it", function()
    refuses("damaged: bytes follow the end", deflate.inflate(packed .. "x", #TEXT))
    refuses("damaged", deflate.gunzip(zipped .. "x", #TEXT))
  end)

  it("is an error if it is something else", function()
    refuses("damaged", deflate.inflate("\255\255\255", 100))
    refuses("damaged", deflate.gunzip('{"version":"2.0"}', 100))
    for position = 1, #zipped do
      local byte = zipped:byte(position)
      local damaged = zipped:sub(1, position - 1) .. string.char(byte ~ 0x10) .. zipped:sub(position + 1)
      local text = deflate.gunzip(damaged, #TEXT)
      -- Some bits have no meaning, and the same text can be compressed in several ways.
      assert.is_true(text == nil or text == TEXT, "byte " .. position)
    end
  end)

  it("raises an error for a limit or a level that does not exist", function()
    assert.has_error(function() deflate.inflate(packed) end)
    assert.has_error(function() deflate.inflate(packed, -1) end)
    assert.has_error(function() deflate.deflate(TEXT, 10) end)
  end)
end)
