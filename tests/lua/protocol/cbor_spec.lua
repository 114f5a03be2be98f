local cbor = require "lanyard.protocol.cbor"
local json = require "lanyard.json"

local function bytes(hexadecimal)
  return (hexadecimal:gsub("%s", ""):gsub("..", function(pair) return string.char(tonumber(pair, 16)) end))
end

local function decode(hexadecimal)
  return cbor.decode(bytes(hexadecimal))
end

local function fault(hexadecimal)
  local value, message = decode(hexadecimal)
  assert.is_nil(value)
  return message
end

describe("CBOR", function()
  -- Examples of RFC 8949, appendix A.
  it("reads integers of every length", function()
    for text, value in pairs {
      ["00"] = 0, ["17"] = 23, ["1818"] = 24, ["18ff"] = 255, ["1903e8"] = 1000, ["1a000f4240"] = 1000000, ["1b000000e8d4a51000"] = 1000000000000,
      ["20"] = -1, ["3863"] = -100, ["3903e7"] = -1000, ["1b7fffffffffffffff"] = math.maxinteger, ["3b7fffffffffffffff"] = math.mininteger,
      ["1800"] = 0, ["1b0000000000000001"] = 1, -- longer than they need to be
      ["c240"] = 0, ["c24101"] = 1, ["c34101"] = -2, ["c2 4a 00 00 7fffffffffffffff"] = math.maxinteger, ["c3487fffffffffffffff"] = math.mininteger,
    } do
      local read = decode(text)
      assert.equal(value, read, text)
      assert.equal("integer", math.type(read))
    end
  end)

  it("keeps integers beyond 64 bits", function()
    for text, digits in pairs {
      ["1bffffffffffffffff"] = "18446744073709551615", ["3bffffffffffffffff"] = "-18446744073709551616", ["1b8000000000000000"] = "9223372036854775808",
      ["c249010000000000000000"] = "18446744073709551616", ["c349010000000000000000"] = "-18446744073709551617",
      ["3b8000000000000000"] = "-9223372036854775809",
      ["c3 48 8000000000000000"] = "-9223372036854775809", ["c3 49 ffffffffffffffffff"] = "-4722366482869645213696",
    } do
      assert.is_true(cbor.is_tagged(decode(text)))
      assert.equal(digits, cbor.plain(decode(text)))
      assert.equal(digits, cbor.plain(cbor.decode(cbor.encode(decode(text)))))
    end
  end)

  it("reads floats of two, four and eight bytes", function()
    for text, value in pairs {
      ["f90000"] = 0.0, ["f93c00"] = 1.0, ["fb3ff199999999999a"] = 1.1, ["f93e00"] = 1.5, ["f97bff"] = 65504.0, ["fa47c35000"] = 100000.0,
      ["fa7f7fffff"] = 3.4028234663852886e+38, ["fb7e37e43c8800759c"] = 1.0e+300,
      ["f90001"] = 5.960464477539063e-8, ["f90400"] = 0.00006103515625,
      ["f9c400"] = -4.0, ["fbc010666666666666"] = -4.1, ["f97c00"] = math.huge, ["f9fc00"] = -math.huge, ["fa7f800000"] = math.huge,
      ["fbfff0000000000000"] = -math.huge,
    } do
      local read = decode(text)
      assert.equal(value, read, text)
      assert.equal("float", math.type(read))
    end
    for _, text in ipairs { "f97e00", "f97c01", "fa7fc00000", "fb7ff8000000000000" } do
      local nan = decode(text)
      assert.is_true(nan ~= nan)
    end
    assert.equal(-math.huge, 1 / decode "f98000")
  end)

  it("reads texts, bytes, lists, maps, tags and simple values", function()
    assert.same({ false, true, json.null, json.null }, { decode "f4", decode "f5", decode "f6", decode "f7" })
    assert.equal("IETF", decode "6449455446")
    assert.equal("\u{6c34}", decode "63e6b0b4")
    assert.equal("\1\2", decode "420102".bytes)
    assert.is_true(cbor.is_bytes(decode "40"))
    assert.same({ 1, { 2, 3 }, {} }, decode "83 01 820203 80")
    assert.is_true(json.is_array(decode "80"))
    assert.same({ a = 1, b = { 2 } }, decode "a2 6161 01 6162 8102")
    assert.is_false(json.is_array(decode "a0"))
    local tagged = decode "c11a514b67b0"
    assert.same({ 1, 1363896240 }, { tagged.tag, tagged.value })
    assert.is_true(cbor.is_tagged(tagged, 1))
    assert.is_false(cbor.is_tagged(tagged, 0))
  end)

  it("reads items of indefinite length", function()
    assert.equal("streaming", decode "7f 65 7374726561 64 6d696e67 ff")
    assert.equal("", decode "7fff")
    assert.equal("\1\2\3", decode "5f 420102 4103 ff".bytes)
    assert.same({ 1, { 2, 3 }, {} }, decode "9f 01 9f 0203 ff 80 ff")
    assert.same({ a = 1, b = { c = {} } }, decode "bf 6161 01 6162 a1 6163 9fff ff")
  end)

  it("rejects what is not well-formed, with the position", function()
    for text, message in pairs {
      [""] = "byte 0: the data ends before an item", ["0000"] = "byte 1: the data continues after the item",
      ["18"] = "byte 1: the data ends within an item",
      ["1c"] = "byte 0: the length is reserved", ["fc"] = "byte 0: the simple value is unknown", ["f8ff"] = "byte 0: the simple value is unknown",
      ["1f"] = "byte 0: the length is missing", ["df00"] = "byte 0: the length is missing", ["ff"] = "byte 0: nothing ends here",
      ["6261"] = "byte 1: the data ends within a string", ["5bffffffffffffffff"] = "byte 9: the data ends within a string",
      ["61ff"] = "byte 1: the text is not UTF-8", ["7f6161"] = "byte 3: the data ends within a string",
      ["7f4161ff"] = "byte 1: a chunk of a string was expected",
      ["7f7f6161ffff"] = "byte 1: a chunk of a string was expected", ["8201"] = "byte 1: the data ends within a list or map",
      ["9b7fffffffffffffff"] = "byte 9: the data ends within a list or map", ["9f01"] = "byte 2: the data ends before an item",
      ["a16161"] = "byte 3: the data ends before an item", ["a261"] = "byte 1: the data ends within a list or map",
      ["a10102"] = "byte 1: the name of a member is not a text",
      ["a2616101616102"] = "byte 4: the name 'a' occurs twice", ["bf6161ff"] = "byte 3: nothing ends here", ["81ff"] = "byte 1: nothing ends here",
      ["c2 6161"] = "byte 1: a big number is not a byte string of at most 256 bytes", ["f93c"] = "byte 1: the data ends within a number",
    } do
      assert.equal(message, fault(text))
    end
  end)

  it("bounds the depth", function()
    assert.is_table(cbor.decode(("\x81"):rep(127) .. "\x80"))
    assert.matches("nested deeper than 128", (select(2, cbor.decode(("\x81"):rep(200000)))))
    assert.matches("nested deeper than 128", (select(2, cbor.decode(("\xc1"):rep(200000)))))
    local loop = {}
    loop[1] = loop
    assert.has_error(function() cbor.encode(loop) end, "a table nested deeper than 128 (or in itself) cannot be encoded as CBOR")
  end)

  it("writes the shortest form, with sorted names", function()
    for text, value in pairs {
      ["17"] = 23, ["1818"] = 24, ["190100"] = 256, ["1a00010000"] = 65536, ["1b0000000100000000"] = 4294967296, ["3903e7"] = -1000,
      ["3b7fffffffffffffff"] = math.mininteger, ["fa3f800000"] = 1.0, ["fb3ff199999999999a"] = 1.1, ["fa7f800000"] = math.huge,
      ["fb47f0000000000000"] = 2.0 ^ 128, ["6161"] = "a", ["f4"] = false, ["f6"] = json.null, ["a0"] = {}, ["80"] = json.array {},
      ["a2616101616202"] = { b = 2, a = 1 }, ["8201f5"] = { 1, true }, ["4161"] = cbor.bytes "a", ["c101"] = cbor.tagged(1, 1),
    } do
      assert.equal(bytes(text), cbor.encode(value), text)
    end
    assert.equal(bytes "fa7fc00000", (cbor.encode(0 / 0):gsub("^\xfa\xff", "\xfa\x7f")))
  end)

  it("does not write what it cannot represent", function()
    assert.has_error(function() cbor.encode(print) end, "a function cannot be encoded as CBOR")
    assert.has_error(function() cbor.encode "\xff" end, "a text that is not UTF-8 cannot be encoded as CBOR")
    assert.has_error(function() cbor.encode { [true] = 1 } end, "a table with a key that is a boolean cannot be encoded as CBOR")
    assert.has_error(function() cbor.encode { 1, a = 2 } end, "a table with both list elements and other keys cannot be encoded as CBOR")
  end)
end)
