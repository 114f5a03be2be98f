--- Messages of AWS's event streams (application/vnd.amazon.eventstream), from chunks of any size.
---
---     local reader = event_message.reader()
---     for _, message in ipairs(assert(reader:feed(chunk))) do ... message.headers[":event-type"] ... end
---     assert(reader:finish())
---
--- A message is: its length and the length of its headers (4 bytes each), a CRC-32 of these, the headers, the payload,
--- and a CRC-32 of all of it. https://smithy.io/2.0/aws/amazon-eventstream.html

local crc32 = require("lanyard.deflate").crc32
local fault = require "lanyard.protocol.fault"

local M = {}

M.MAX_HEADERS = 128 * 1024
M.MAX_PAYLOAD = 24 * 1024 * 1024

local PRELUDE, CHECKSUM = 12, 4

---@class protocol.EventMessage
---@field headers table<string, boolean|integer|number|string>
---@field payload string

-- Raises an error about the stream.
local function fail(message)
  fault.raise({}, "the stream of events is damaged: " .. message)
end

-- ---------------------------------------------------------------------------------------------
-- Headers

local function uuid_of(bytes)
  local digits = bytes:gsub(".", function(c) return ("%02x"):format(c:byte()) end)
  return (digits:gsub("^(%x%x%x%x%x%x%x%x)(%x%x%x%x)(%x%x%x%x)(%x%x%x%x)", "%1-%2-%3-%4-"))
end

-- The types of header values: the number of bytes and how they are read, or the format of string.unpack.
local TYPES = {
  [0] = { 0, function() return true end },
  [1] = { 0, function() return false end },
  [2] = { 1, function(bytes) return (string.unpack(">i1", bytes)) end },
  [3] = { 2, function(bytes) return (string.unpack(">i2", bytes)) end },
  [4] = { 4, function(bytes) return (string.unpack(">i4", bytes)) end },
  [5] = { 8, function(bytes) return (string.unpack(">i8", bytes)) end },
  [6] = { nil, function(bytes) return bytes end },
  [7] = { nil, function(bytes) return utf8.len(bytes) and bytes or fail "a text in a header is not UTF-8" end },
  [8] = { 8, function(bytes) -- milliseconds since 1970
    local milliseconds = string.unpack(">i8", bytes)
    return milliseconds % 1000 == 0 and milliseconds // 1000 or milliseconds / 1000
  end },
  [9] = { 16, uuid_of },
}

-- Returns the bytes from a position of the headers, and the position after them.
local function take(headers, position, count)
  if position + count - 1 > #headers then
    fail "the headers end within a header"
  end
  return headers:sub(position, position + count - 1), position + count
end

local function read_headers(bytes)
  local headers, position = {}, 1
  while position <= #bytes do
    local size, name, kind
    size, position = take(bytes, position, 1)
    name, position = take(bytes, position, size:byte())
    kind, position = take(bytes, position, 1)
    local type = TYPES[kind:byte()] or fail(("the type %d of a header is unknown"):format(kind:byte()))
    local length, value = type[1]
    if not length then
      length, position = take(bytes, position, 2)
      length = string.unpack(">I2", length)
    end
    value, position = take(bytes, position, length)
    if name == "" or headers[name] ~= nil then
      fail(name == "" and "a header has no name" or ("the header '%s' occurs twice"):format(fault.shown(name)))
    end
    headers[name] = type[2](value)
  end
  return headers
end

-- ---------------------------------------------------------------------------------------------
-- Messages

-- Returns the length of a message and of its headers.
local function read_prelude(bytes)
  local length, headers, checksum = string.unpack(">I4I4I4", bytes)
  if crc32(bytes:sub(1, 8)) ~= checksum then
    fail "the checksum of the lengths is wrong"
  elseif headers > M.MAX_HEADERS then
    fail(("headers of %d bytes; the limit is %d"):format(headers, M.MAX_HEADERS))
  elseif length < PRELUDE + headers + CHECKSUM then
    fail "the headers are longer than the message"
  elseif length - headers - PRELUDE - CHECKSUM > M.MAX_PAYLOAD then
    fail(("a message of %d bytes; the limit is %d"):format(length, M.MAX_PAYLOAD))
  end
  return length, headers
end

local function read_message(bytes, headers)
  if crc32(bytes:sub(1, -1 - CHECKSUM)) ~= string.unpack(">I4", bytes, #bytes - CHECKSUM + 1) then
    fail "the checksum of a message is wrong"
  end
  return {
    headers = read_headers(bytes:sub(PRELUDE + 1, PRELUDE + headers)),
    payload = bytes:sub(PRELUDE + headers + 1, -1 - CHECKSUM),
  }
end

---@class protocol.EventReader
---@field text string          what was fed, joined
---@field position integer     of the first byte in it that is not read yet
---@field parts string[]       what was fed since
---@field size integer         bytes that are not read yet
---@field length? integer      of the message at the position
local Reader = {}
Reader.__index = Reader

--- Makes a reader of one stream.
---@return protocol.EventReader
function M.reader()
  return setmetatable({ text = "", position = 1, parts = {}, size = 0 }, Reader)
end

-- Returns the next bytes; nil if there are not so many yet. Chunks are joined when a message is complete, not one by
-- one, and messages are not cut off one by one: both would take quadratic time.
local function peek(self, count)
  if self.size < count then
    return nil
  elseif self.position + count - 1 > #self.text then
    self.text = self.text:sub(self.position) .. table.concat(self.parts)
    self.position, self.parts = 1, {}
  end
  return self.text:sub(self.position, self.position + count - 1)
end

local function feed(self, chunk)
  self.parts[#self.parts + 1] = chunk
  self.size = self.size + #chunk
  local messages = {}
  while true do
    local prelude = not self.length and peek(self, PRELUDE)
    if prelude then
      self.length, self.headers = read_prelude(prelude)
    end
    local bytes = self.length and peek(self, self.length)
    if not bytes then
      return messages
    end
    messages[#messages + 1] = read_message(bytes, self.headers)
    self.position, self.size, self.length = self.position + #bytes, self.size - #bytes, nil
  end
end

--- Reads a chunk. Returns the messages that end in it.
---@param chunk string
---@return protocol.EventMessage[]?
---@return string? message  what is wrong with the stream
function Reader:feed(chunk)
  return fault.catch(feed, self, chunk)
end

--- Ends the stream.
---@return true?
---@return string? message  the stream ends within a message
function Reader:finish()
  if self.size > 0 then
    return nil, "the stream of events is damaged: it ends within a message"
  end
  return true
end

return M
