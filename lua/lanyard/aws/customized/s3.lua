--- What S3 expects of requests, and returns in replies, beyond its model.

local crypto = require "lanyard.crypto"
local errors = require "lanyard.errors"
local stream = require "lanyard.stream"

local M = {}

local function copied(input)
  local copy = {}
  for name, value in pairs(input) do
    copy[name] = value
  end
  return copy
end

local function invalid(text, ...)
  return nil, errors.new { code = "InvalidValue", message = text:format(...) }
end

-- ---------------------------------------------------------------------------------------------
-- The source of a copy: "bucket/key?versionId=id", or a table with Bucket, Key and VersionId. The request has the key
-- with escapes, and the version as it is.

local function escape(text)
  return (text:gsub("[^%w%-._~/]", function(c) return ("%%%02X"):format(c:byte()) end))
end

local function source_of_table(source)
  local is_point = source.Bucket:find "^arn:aws[^:]*:s3[%l-]*:" ~= nil
  return escape(source.Bucket .. (is_point and "/object/" or "/") .. source.Key)
    .. (source.VersionId and "?versionId=" .. source.VersionId or "")
end

local function source_of_text(source)
  local path, version = source:match "^(.-)(%?versionId=%S+)$"
  return escape(path or source) .. (version or "")
end

local MEMBERS = { Bucket = true, Key = true, VersionId = true }

-- Returns what is wrong with the table of a source, or nil.
local function source_fault(source)
  for name, value in pairs(source) do
    if not MEMBERS[name] then
      return ("CopySource.%s: an unknown member: use Bucket, Key and VersionId"):format(tostring(name))
    elseif type(value) ~= "string" then
      return ("CopySource.%s: expected a string, got a %s"):format(name, type(value))
    end
  end
  for _, name in ipairs { "Bucket", "Key" } do
    if (source[name] or "") == "" then
      return ("CopySource.%s: required, but missing"):format(name)
    end
  end
end

--- Returns an input in the form of the model, which has a text as the source of a copy.
---@param operation model.Operation
---@param input table
---@return table? input
---@return string? message
function M.plain(operation, input)
  local source, member = input.CopySource, operation.input and operation.input.by_name.CopySource
  if type(source) ~= "table" or not member then
    return input
  end
  local message = source_fault(source)
  if message then
    return nil, message
  end
  local copy = copied(input)
  copy.CopySource = source_of_table(source)
  return copy
end

-- ---------------------------------------------------------------------------------------------
-- Inputs

-- Keys for encryption are bytes; the request has them in base64, with their MD5.
-- https://docs.aws.amazon.com/AmazonS3/latest/userguide/ServerSideEncryptionCustomerKeys.html
local function add_key(input, members, name)
  local key, md5 = input[name], name .. "MD5"
  if key == nil or input[md5] ~= nil or not members[md5] then
    return true
  elseif type(key) ~= "string" then
    return invalid("%s: a sealed key cannot be encoded: give it in base64, and its %s", name, md5)
  end
  input[name], input[md5] = crypto.base64(key), crypto.base64(stream.digests(key, { "md5" }).md5)
  return true
end

-- A name that AWS never gave to a bucket would change the URL.
local function check_bucket(bucket)
  if type(bucket) == "userdata" then
    return invalid "Bucket: a sealed secret cannot be a part of a URL"
  elseif type(bucket) ~= "string" or bucket:find "^arn:" or bucket:find "^[%w._-]+$" and #bucket <= 255 then
    return true
  end
  return invalid("Bucket: '%s' is not the name or the ARN of a bucket", bucket)
end

-- Metadata is sent as headers: S3 returns other characters in another form, or rejects the signature.
-- https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingMetadata.html
local function check_metadata(metadata)
  for name, value in pairs(type(metadata) == "table" and metadata or {}) do
    if type(value) == "string" and (name .. value):find "[\128-\255]" then
      return invalid("Metadata.%s: S3 keeps only ASCII characters in metadata", name)
    end
  end
  return true
end

-- The members with keys, and the members of lists with keys. S3 escapes them where it is asked to, because XML cannot
-- express each character of a key. https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html
local KEYS = {
  ListObjects = { "Delimiter", "Marker", "NextMarker", "Prefix", Contents = "Key", CommonPrefixes = "Prefix" },
  ListObjectsV2 = { "Delimiter", "Prefix", "StartAfter", Contents = "Key", CommonPrefixes = "Prefix" },
  ListObjectVersions = {
    "KeyMarker", "NextKeyMarker", "Prefix", "Delimiter", Versions = "Key", DeleteMarkers = "Key",
    CommonPrefixes = "Prefix",
  },
}

-- Returns the members of a reply that lanyard, not the caller, has S3 escape.
local function escaped_keys(operation, input)
  local has_member = operation.input and operation.input.by_name.EncodingType
  return input.EncodingType == nil and has_member and KEYS[operation.name] or nil
end

--- Completes an input.
---@param operation model.Operation
---@param input table
---@return table? input
---@return lanyard.Error? err
function M.input(operation, input)
  local ok, err = check_bucket(input.Bucket)
  if ok then
    ok, err = check_metadata(input.Metadata)
  end
  if not ok or not operation.input then
    return ok and input, err
  end
  local copy, members = copied(input), operation.input.by_name
  for _, name in ipairs { "SSECustomerKey", "CopySourceSSECustomerKey" } do
    ok, err = add_key(copy, members, name)
    if not ok then
      return nil, err
    end
  end
  if members.CopySource and copy.CopySource ~= nil then
    local source = copy.CopySource
    copy.CopySource = type(source) == "table" and source_of_table(source) or source_of_text(source)
  end
  if escaped_keys(operation, input) then
    copy.EncodingType = "url"
  end
  return copy
end

-- ---------------------------------------------------------------------------------------------
-- Replies

local function unescape(text)
  return (text:gsub("%+", " "):gsub("%%(%x%x)", function(code) return string.char(tonumber(code, 16)) end))
end

local function unescape_member(value, name)
  value[name] = type(value[name]) == "string" and unescape(value[name]) or value[name]
end

--- Completes a reply: keys are as they are, if the caller did not ask for others.
---@param operation model.Operation
---@param given table   the input of the caller
---@param output table  changed
function M.reply(operation, given, output)
  for list, name in pairs(output.EncodingType == "url" and escaped_keys(operation, given) or {}) do
    if type(list) == "number" then
      unescape_member(output, name)
    else
      for _, item in ipairs(output[list] or {}) do
        unescape_member(item, name)
      end
    end
  end
end

return M
