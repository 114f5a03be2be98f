--- Prepares the body of a planned request: compression, checksums, what the signature covers, and how long it may take.
---
---     local ok, err = payload.prepare(client, plan)
---
--- A body can be a stream (lanyard.stream), which is read once for its digests and once for each attempt.

local checksums = require "lanyard.aws.checksums"
local crypto = require "lanyard.crypto"
local deflate = require "lanyard.deflate"
local errors = require "lanyard.errors"
local lists = require "lanyard.lists"
local settings = require "lanyard.aws.settings"
local stream = require "lanyard.stream"

local M = {}

-- Bodies from this size on wait for the consent of S3 before they are sent, so that a redirect costs little.
local LARGE = 1024 * 1024

-- The size from which the SDKs compress.
local COMPRESSED = 10240

-- Kinds of authentication that cover the body.
local SIGNED = lists.set "sigv4 sigv4a s3express"

--- Reports whether a value is a stream of lanyard.stream.
---@param value any
---@return boolean
function M.is_stream(value)
  local class = type(value) == "userdata" and getmetatable(value)
  return type(class) == "table" and class.__name == "lanyard.stream"
end

--- Returns the member of an operation's input or output that can be a file: bytes that are the whole body, as in the
--- AWS CLI.
---@param shape? model.Shape
---@return model.Shape?
function M.streaming_member(shape)
  local member = shape and shape.payload and shape.by_name[shape.payload]
  return member and member.type == "blob" and member or nil
end

local function setting(client, name)
  local value, err = settings.get(name, client.session.profile or settings.NONE)
  return value, value == nil and err or nil
end

local function size_of(body)
  return M.is_stream(body) and body:length() or type(body) == "string" and #body or 0
end

-- ---------------------------------------------------------------------------------------------
-- Compression

local function compress(client, plan)
  local described = plan.operation.traits.requestcompression
  if not described or type(plan.body) ~= "string" then
    return true
  end
  local disabled, err = setting(client, "disable_request_compression")
  local least
  if not err then
    least, err = setting(client, "request_min_compression_size_bytes")
  end
  if err then
    return nil, err
  end
  local gzip = false
  for _, encoding in ipairs(described.encodings or {}) do
    gzip = gzip or encoding == "gzip"
  end
  if gzip and not disabled and #plan.body >= (least or COMPRESSED) then
    plan.body = deflate.gzip(plan.body)
    local before = plan.headers["Content-Encoding"]
    plan.headers["Content-Encoding"] = before and before .. ", gzip" or "gzip"
  end
  return true
end

-- ---------------------------------------------------------------------------------------------
-- Checksums and the hash of the body

-- The encoding aws-chunked: the body as one chunk, and the checksum in a trailer.
-- https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming-trailers.html
local function add_trailer(plan, checksum, value)
  local length = size_of(plan.body)
  local before = length > 0 and ("%x\r\n"):format(length) or ""
  local after = (length > 0 and "\r\n" or "") .. ("0\r\n%s:%s\r\n\r\n"):format(checksum.header, value)
  local headers = plan.headers
  local encoding = headers["Content-Encoding"]
  headers["Content-Encoding"] = encoding and encoding .. ",aws-chunked" or "aws-chunked"
  headers["X-Amz-Decoded-Content-Length"] = tostring(length)
  headers["X-Amz-Trailer"] = checksum.header
  if M.is_stream(plan.body) then
    plan.body_before, plan.body_after = before, after
  else
    plan.body = before .. plan.body .. after
  end
  plan.payload_hash = "STREAMING-UNSIGNED-PAYLOAD-TRAILER"
end

local function hex(bytes)
  return (bytes:gsub(".", function(c) return ("%02x"):format(c:byte()) end))
end

-- Reports whether the signature leaves out the body: over TLS, for a stream of S3, whose checksum protects it, or where
-- the model says so.
local function is_unsigned(plan)
  return plan.auth.unsigned_body or plan.auth.sends_hash and plan.url:find "^https:" ~= nil
    and M.streaming_member(plan.operation.input) ~= nil
end

-- Adds the checksum, and the hash for the signature if it is not the one of a text.
local function add_digests(plan, checksum)
  local body, signed = plan.body or "", SIGNED[plan.auth.kind]
  local unsigned = signed and is_unsigned(plan)
  local hashed = signed and not unsigned and M.is_stream(body)
  if not checksum and not unsigned and not hashed then
    return true
  end
  local names = { checksum and checksum.algorithm }
  if hashed and names[1] ~= "sha256" then
    names[#names + 1] = "sha256"
  end
  local found, err = stream.digests(body, names)
  if not found then
    return nil, err
  end
  local value = checksum and crypto.base64(found[checksum.algorithm])
  if checksum and unsigned and plan.auth.sends_hash and (type(body) == "string" or M.is_stream(body)) then
    add_trailer(plan, checksum, value)
  else
    if checksum then
      plan.headers[checksum.header] = value
    end
    plan.payload_hash = unsigned and "UNSIGNED-PAYLOAD" or hashed and hex(found.sha256) or nil
  end
  return true
end

local function add_checksum(client, plan)
  local calculation, err = setting(client, "request_checksum_calculation")
  if err then
    return nil, err
  end
  local checksum
  checksum, err = checksums.of_request(plan, calculation)
  if err then
    return nil, err
  end
  return add_digests(plan, checksum)
end

-- ---------------------------------------------------------------------------------------------
-- Files

-- Returns the stream that a reply goes to | nil | nil, err
local function open_sink(plan)
  local path = plan.options.to
  if path == nil then
    return nil
  elseif type(path) ~= "string" or path == "" or path:find("\0", 1, true) then
    return nil, errors.new { code = "InvalidValue", message = "options.to: the path of a file was expected" }
  elseif not M.streaming_member(plan.operation.output) then
    return nil, errors.new {
      code = "InvalidValue", message = "the reply has no member that is a stream, and cannot be written to a file",
    }
  end
  return stream.create(path)
end

--- Prepares the body of a request, and the file of the reply.
---@param client aws.Client
---@param plan aws.Plan
---@return true? ok
---@return lanyard.Error? err
function M.prepare(client, plan)
  local ok, err = compress(client, plan)
  if ok then
    ok, err = add_checksum(client, plan)
  end
  if ok then
    plan.to, err = open_sink(plan)
  end
  if err then
    return nil, err
  end
  local streams = M.streaming_member(plan.operation.output) ~= nil
  if streams then
    plan.as_stored = true
    plan.headers["Accept-Encoding"] = "identity"
  end
  -- The time of a transfer depends on its size; the limit is for the time without a byte.
  plan.is_long = streams or M.is_stream(plan.body)
  if plan.auth.sends_hash and plan.method == "PUT" and size_of(plan.body) >= LARGE then
    plan.headers.Expect = "100-continue"
  end
  return true
end

return M
