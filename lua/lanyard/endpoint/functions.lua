--- The functions of endpoint rule sets.
--- https://smithy.io/2.0/additional-specs/rules-engine/standard-library.html
--- https://smithy.io/2.0/aws/rules-engine/library-functions.html
---
--- A function has the types of its arguments, and `call`. A result can be nil. `getAttr`, `isSet`, `coalesce`
--- and `ite`, which take values of any type, are in lanyard.endpoint.expressions.

local failure = require "lanyard.endpoint.failure"

local M = {}

---@class endpoint.Function
---@field call function
---@field optional? boolean  the argument need not be set
---@field [integer] "string"|"boolean"|"integer"

local function is_host_label(text, with_subdomains)
  if with_subdomains then
    for label in (text .. "."):gmatch "([^.]*)%." do
      if not is_host_label(label) then
        return false
      end
    end
    return true
  end
  return #text <= 63 and text:find "^[%w-]+$" ~= nil and not text:find "^-" and not text:find "-$"
end

local function is_ipv4(host)
  local count = 0
  for number in (host .. "."):gmatch "([^.]*)%." do
    count = count + 1
    if not number:find "^%d%d?%d?$" or tonumber(number) > 255 then
      return false
    end
  end
  return count == 4
end

local function is_ipv6(host)
  return host:find "^%[[%x:.]*:[%x:.]*%]$" ~= nil or host:find "^%[[%x:.]*:[%x:.]*%%[%w.%%-]+%]$" ~= nil
end

-- Splits a URL. One with a query or a fragment, or with another scheme than http and https, is not a URL here.
local function parse_url(text)
  local scheme, rest = text:match "^([Hh][Tt][Tt][Pp][Ss]?)://(.*)$"
  if not scheme or rest:find "[?#%s%c]" then
    return nil
  end
  local authority, path = rest:match "^([^/]*)(.*)$"
  authority = authority:match "^.*@(.*)$" or authority
  local host, port = authority:match "^(%[[^%[%]]*%])(.*)$"
  if not host then
    host, port = authority:match "^([^:]*)(.*)$"
  end
  if host == "" or not (port == "" or port:find "^:%d+$" and tonumber(port:sub(2)) <= 65535) then
    return nil
  end
  return {
    scheme = scheme:lower(),
    authority = authority,
    path = path,
    normalizedPath = path:find "/$" and path or path .. "/",
    isIp = is_ipv4(host) or is_ipv6(host),
  }
end

local function parse_arn(text)
  local partition, service, region, account, resource = text:match "^arn:([^:]+):([^:]+):([^:]*):([^:]*):(.+)$"
  if not partition then
    return nil
  end
  local parts = {}
  for part in (resource .. ":"):gmatch "([^:/]*)[:/]" do
    parts[#parts + 1] = part
  end
  return { partition = partition, service = service, region = region, accountId = account, resourceId = parts }
end

local function substring(text, first, past, reverse)
  if first < 0 or first >= past or past > #text or text:find "[\128-\255]" then
    return nil
  elseif reverse then
    return text:sub(#text - past + 1, #text - first)
  end
  return text:sub(first + 1, past)
end

-- Splits a text into at most `limit` parts; 0: all of them. An empty delimiter and a negative limit are not allowed.
local function split(text, delimiter, limit)
  if delimiter == "" then
    failure.raise("split", "the delimiter is empty")
  elseif limit < 0 then
    failure.raise("split", "the limit is negative")
  end
  local parts, position = {}, 1
  while #parts + 1 ~= limit do
    local first, last = text:find(delimiter, position, true)
    if not first then
      break
    end
    parts[#parts + 1] = text:sub(position, first - 1)
    position = last + 1
  end
  parts[#parts + 1] = text:sub(position)
  return parts
end

local function uri_encode(text)
  return (text:gsub("[^%w_.~-]", function(char) return ("%%%02X"):format(char:byte()) end))
end

-- https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html
local function is_virtual_hostable(bucket, with_subdomains)
  return #bucket >= 3 and #bucket <= 63 and not bucket:find "%u" and not is_ipv4(bucket)
    and is_host_label(bucket, with_subdomains)
end

local function equals(a, b)
  return a == b
end

--- Returns the functions by name.
---@param partition_of fun(region: string): table?  see lanyard.endpoint.partitions
---@return table<string, endpoint.Function>
function M.new(partition_of)
  return {
    ["not"] = { "boolean", call = function(value) return not value end },
    booleanEquals = { "boolean", "boolean", call = equals },
    stringEquals = { "string", "string", call = equals },
    substring = { "string", "integer", "integer", "boolean", call = substring },
    split = { "string", "string", "integer", call = split },
    uriEncode = { "string", call = uri_encode },
    parseURL = { "string", call = parse_url },
    isValidHostLabel = { "string", "boolean", call = is_host_label },
    ["aws.partition"] = { "string", call = partition_of, optional = true },
    ["aws.parseArn"] = { "string", call = parse_arn },
    ["aws.isVirtualHostableS3Bucket"] = { "string", "boolean", call = is_virtual_hostable },
  }
end

return M
