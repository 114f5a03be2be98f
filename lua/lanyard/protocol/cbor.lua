--- CBOR (RFC 8949), as far as AWS uses it: the names of maps are texts.
---
---     cbor.decode "\xa1\x65count\x18\x2a"         --> { count = 42 }
---     cbor.encode { count = 42 }                  --> the same bytes
---
--- Texts, integers, booleans and floats are Lua's; arrays are marked by json.array; null and undefined are
--- json.null. Byte strings and tagged items are objects (cbor.bytes, cbor.tagged). An integer that does not
--- fit into 64 bits is a big number of tag 2 or 3, with its bytes.

local fault = require "lanyard.protocol.fault"
local json = require "lanyard.json"
local lists = require "lanyard.lists"

local M = {}

M.MAX_DEPTH = 128

local Bytes = { __name = "lanyard.cbor.bytes", __eq = function(a, b) return a.bytes == b.bytes end }
local Tagged = { __name = "lanyard.cbor.tagged" }

local POSITIVE, NEGATIVE = 2, 3 -- the tags of big numbers
local MAX_BIG = 256 -- their bytes: writing the digits takes quadratic time

--- Makes a byte string.
---@param bytes string
---@return { bytes: string }
function M.bytes(bytes)
  return setmetatable({ bytes = bytes }, Bytes)
end

--- Reports whether a value is a byte string.
---@param value any
---@return boolean
function M.is_bytes(value)
  return getmetatable(value) == Bytes
end

--- Makes a tagged item.
---@param tag integer
---@param value any
---@return { tag: integer, value: any }
function M.tagged(tag, value)
  return setmetatable({ tag = tag, value = value }, Tagged)
end

--- Reports whether a value is a tagged item, with this tag if one is given.
---@param value any
---@param tag? integer
---@return boolean
function M.is_tagged(value, tag)
  return getmetatable(value) == Tagged and (not tag or value.tag == tag)
end

-- ---------------------------------------------------------------------------------------------
-- Reading

local BREAK = {} -- what ends an item of indefinite length

-- Errors are raised as tables, so that others are not taken for them.
local function fail(position, message)
  error({ cbor = ("byte %d: %s"):format(position - 1, message) }, 0)
end

local read_item

-- Returns the length or number of an item, nil for an indefinite one, and the position after it.
local function read_argument(text, position, info)
  if info < 24 then
    return info, position
  elseif info == 31 then
    return nil, position
  elseif info > 27 then
    fail(position - 1, "the length is reserved")
  end
  local size = 1 << (info - 24)
  if position + size - 1 > #text then
    fail(position, "the data ends within an item")
  end
  return string.unpack(size < 8 and ">I" .. size or ">i8", text, position), position + size -- 8 bytes: may be negative
end

local function slice(text, position, length)
  if length < 0 or length > #text - position + 1 then
    fail(position, "the data ends within a string")
  end
  return text:sub(position, position + length - 1), position + length
end

-- Returns the bytes of a string. One of indefinite length has chunks of the same type.
local function read_string(text, position, major, length)
  if length then
    return slice(text, position, length)
  end
  local chunks = {}
  while true do
    local first = text:byte(position) or fail(position, "the data ends within a string")
    if first == 0xff then
      return table.concat(chunks), position + 1
    elseif first >> 5 ~= major or first & 31 == 31 then
      fail(position, "a chunk of a string was expected")
    end
    local size, start = read_argument(text, position + 1, first & 31)
    chunks[#chunks + 1], position = slice(text, start, size)
  end
end

local function check_count(text, position, count, size)
  if count < 0 or count > (#text - position + 1) // size then
    fail(position, "the data ends within a list or map")
  end
end

local function read_array(text, position, count, depth)
  local items, length = json.array {}, 0
  if count then
    check_count(text, position, count, 1)
  end
  while not count or length < count do
    local item
    item, position = read_item(text, position, depth, not count)
    if item == BREAK then
      break
    end
    length = length + 1
    items[length] = item
  end
  return items, position
end

local function read_map(text, position, count, depth)
  local map, length = {}, 0
  if count then
    check_count(text, position, count, 2)
  end
  while not count or length < count do
    local start = position
    local name, value
    name, position = read_item(text, position, depth, not count)
    if name == BREAK then
      break
    elseif type(name) ~= "string" then
      fail(start, "the name of a member is not a text")
    elseif map[name] ~= nil then
      fail(start, ("the name '%s' occurs twice"):format(fault.shown(name)))
    end
    value, position = read_item(text, position, depth)
    map[name], length = value, length + 1
  end
  return map, position
end

-- Returns an integer if the bytes of a big number fit into one.
local function integer_of(tag, bytes)
  local digits = bytes:match "^\0*(.*)$"
  if #digits < 8 or #digits == 8 and digits:byte() < 0x80 then
    local number = digits == "" and 0 or string.unpack(">I" .. #digits, digits)
    return tag == NEGATIVE and ~number or number
  end
end

local function read_tag(text, position, tag, depth)
  local start = position
  local value
  value, position = read_item(text, position, depth)
  if tag == POSITIVE or tag == NEGATIVE then
    if not M.is_bytes(value) or #value.bytes > MAX_BIG then
      fail(start, ("a big number is not a byte string of at most %d bytes"):format(MAX_BIG))
    end
    return integer_of(tag, value.bytes) or M.tagged(tag, value), position
  end
  return M.tagged(tag, value), position
end

local function half(bits)
  local sign, exponent, fraction = bits >> 15 == 1 and -1.0 or 1.0, bits >> 10 & 31, bits & 1023
  if exponent == 31 then
    return fraction ~= 0 and 0 / 0 or sign * math.huge
  elseif exponent == 0 then
    return sign * fraction * 2.0 ^ -24
  end
  return sign * (1024 + fraction) * 2.0 ^ (exponent - 25)
end

local SIMPLE = { [20] = false, [21] = true, [22] = json.null, [23] = json.null }
local FLOATS = { [25] = 2, [26] = 4, [27] = 8 }

local function read_simple(text, position, info, may_break)
  local size = FLOATS[info]
  if SIMPLE[info] ~= nil then
    return SIMPLE[info], position
  elseif info == 31 then
    return may_break and BREAK or fail(position - 1, "nothing ends here"), position
  elseif not size then
    fail(position - 1, "the simple value is unknown")
  elseif position + size - 1 > #text then
    fail(position, "the data ends within a number")
  elseif size == 2 then
    return half(string.unpack(">I2", text, position)), position + 2
  end
  return string.unpack(size == 4 and ">f" or ">d", text, position), position + size
end

local function read_text(text, position, length)
  local start = position
  local value
  value, position = read_string(text, position, 3, length)
  return utf8.len(value) and value or fail(start, "the text is not UTF-8"), position
end

-- Bytes of an integer that does not fit. An argument of 8 bytes is negative if it is larger than the largest integer.
local function big(tag, argument)
  return M.tagged(tag, M.bytes(string.pack(">i8", argument)))
end

-- By major type.
local READERS = {
  [0] = function(_, position, argument)
    return argument >= 0 and argument or big(POSITIVE, argument), position
  end,
  [1] = function(_, position, argument)
    return argument >= 0 and ~argument or big(NEGATIVE, argument), position
  end,
  [2] = function(text, position, argument)
    local bytes, after = read_string(text, position, 2, argument)
    return M.bytes(bytes), after
  end,
  [3] = read_text, [4] = read_array, [5] = read_map, [6] = read_tag,
}

-- Returns the item at a position, and the position after it.
function read_item(text, position, depth, may_break)
  local first = text:byte(position) or fail(position, "the data ends before an item")
  local major, info = first >> 5, first & 31
  if depth == 0 then
    fail(position, ("the data is nested deeper than %d"):format(M.MAX_DEPTH))
  elseif major == 7 then
    return read_simple(text, position + 1, info, may_break)
  end
  local argument, after = read_argument(text, position + 1, info)
  if not argument and (major < 2 or major == 6) then
    fail(position, "the length is missing")
  end
  return READERS[major](text, after, argument, depth - 1)
end

--- Decodes one item. Nothing may follow it.
---@param text string
---@return any value        nil if the text is not CBOR
---@return string? message
function M.decode(text)
  local ok, value, position = pcall(read_item, text, 1, M.MAX_DEPTH)
  if not ok then
    return nil, type(value) == "table" and value.cbor or error(value, 0)
  elseif position <= #text then
    return nil, ("byte %d: the data continues after the item"):format(position - 1)
  end
  return value
end

-- ---------------------------------------------------------------------------------------------
-- Writing

local LARGEST_SINGLE = 3.4028234663852886e38

-- Appends the first byte of an item and its argument, which is not negative unless it is one of 64 bits.
local function add_head(parts, major, argument)
  local first = major << 5
  if argument >= 0 and argument < 24 then
    parts[#parts + 1] = string.char(first | argument)
    return
  end
  local format = argument < 0 and ">Bi8" or argument < 0x100 and ">BI1" or argument < 0x10000 and ">BI2"
    or argument < 0x100000000 and ">BI4" or ">Bi8"
  local info = ({ [">BI1"] = 24, [">BI2"] = 25, [">BI4"] = 26, [">Bi8"] = 27 })[format]
  parts[#parts + 1] = string.pack(format, first | info, argument)
end

-- A float has 4 bytes if they hold it, else 8.
local function add_float(parts, value)
  local fits = value ~= value or math.abs(value) == math.huge or math.abs(value) <= LARGEST_SINGLE
    and string.unpack(">f", string.pack(">f", value)) == value
  parts[#parts + 1] = fits and string.pack(">Bf", 0xfa, value) or string.pack(">Bd", 0xfb, value)
end

local add_item

local function add_array(parts, value, depth)
  for key in pairs(value) do
    if math.type(key) ~= "integer" or key < 1 or key > #value then
      error("a table with both list elements and other keys cannot be encoded as CBOR", 0)
    end
  end
  add_head(parts, 4, #value)
  for i = 1, #value do
    add_item(parts, value[i], depth - 1)
  end
end

local function add_map(parts, value, depth)
  local names = lists.sorted_names(value)
  add_head(parts, 5, #names)
  for _, name in ipairs(names) do
    if type(name) ~= "string" then
      error(("a table with a key that is a %s cannot be encoded as CBOR"):format(type(name)), 0)
    end
    add_item(parts, name, depth - 1)
    add_item(parts, value[name], depth - 1)
  end
end

local function add_table(parts, value, depth)
  if depth == 0 then
    error(("a table nested deeper than %d (or in itself) cannot be encoded as CBOR"):format(M.MAX_DEPTH), 0)
  elseif M.is_bytes(value) then
    add_head(parts, 2, #value.bytes)
    parts[#parts + 1] = value.bytes
  elseif M.is_tagged(value) then
    add_head(parts, 6, value.tag)
    add_item(parts, value.value, depth - 1)
  elseif json.is_array(value) then
    add_array(parts, value, depth)
  else
    add_map(parts, value, depth)
  end
end

function add_item(parts, value, depth)
  local kind = math.type(value) or type(value)
  if kind == "integer" then
    add_head(parts, value < 0 and 1 or 0, value < 0 and ~value or value)
  elseif kind == "float" then
    add_float(parts, value)
  elseif kind == "string" then
    if not utf8.len(value) then
      error("a text that is not UTF-8 cannot be encoded as CBOR", 0)
    end
    add_head(parts, 3, #value)
    parts[#parts + 1] = value
  elseif kind == "boolean" then
    parts[#parts + 1] = value and "\xf5" or "\xf4"
  elseif value == json.null then
    parts[#parts + 1] = "\xf6"
  elseif kind == "table" then
    add_table(parts, value, depth)
  else
    error(("a %s cannot be encoded as CBOR"):format(kind), 0)
  end
end

--- Encodes a value. Names are sorted. Raises an error for a value that CBOR cannot represent.
---@param value any
---@return string
function M.encode(value)
  local parts = {}
  add_item(parts, value, M.MAX_DEPTH)
  return table.concat(parts)
end

-- ---------------------------------------------------------------------------------------------
-- Plain values

-- Returns the decimal digits of a big number.
local function decimal(tag, bytes)
  local digits = { 0 } -- in groups of 7, the least first
  local carry_in = tag == NEGATIVE and 1 or 0 -- tag 3 is -1 - n
  for i = 1, #bytes do
    local carry = bytes:byte(i) + (i == #bytes and carry_in or 0)
    for group = 1, #digits do
      carry = carry + digits[group] * 256
      digits[group], carry = carry % 10000000, carry // 10000000
    end
    digits[#digits + 1] = carry > 0 and carry or nil
  end
  local parts = {}
  for group = #digits, 1, -1 do
    parts[#parts + 1] = (group == #digits and "%d" or "%07d"):format(digits[group])
  end
  return (tag == NEGATIVE and "-" or "") .. table.concat(parts)
end

--- Converts an item without a shape to plain values: byte strings become strings, tagged items what they contain, and
--- big numbers the text of their digits.
---@param value any
---@return any
function M.plain(value)
  if M.is_bytes(value) then
    return value.bytes
  elseif M.is_tagged(value) then
    local is_big = (value.tag == POSITIVE or value.tag == NEGATIVE) and M.is_bytes(value.value)
    return is_big and decimal(value.tag, value.value.bytes) or M.plain(value.value)
  elseif type(value) == "table" then
    local copy = {}
    for name, item in pairs(value) do
      copy[name] = M.plain(item)
    end
    return json.is_array(value) and json.array(copy) or copy
  end
  return value
end

return M
