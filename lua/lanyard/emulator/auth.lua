--- Identifies the caller of a request: verifies Signature Version 4 as AWS's front ends do.
---
---     local caller, region = auth.caller(world, request, "ecr", "json", now)

local credentials = require "lanyard.credentials"
local crypto = require "lanyard.crypto"
local exception = require "lanyard.emulator.exception"
local sigv4 = require "lanyard.sigv4"
local timestamp = require "lanyard.text.timestamp"

local M = {}

-- The largest accepted difference between the time of a request and the clock, in seconds.
local MAX_SKEW = 300

-- The codes and statuses of each protocol.
local CODES = {
  json = {
    status = 400,
    missing = "MissingAuthenticationTokenException",
    incomplete = "IncompleteSignatureException",
    unknown_key = "UnrecognizedClientException",
    mismatch = "InvalidSignatureException",
    expired_token = "ExpiredTokenException",
  },
  query = {
    status = 403,
    missing = "MissingAuthenticationToken",
    incomplete = "IncompleteSignature",
    unknown_key = "InvalidClientTokenId",
    mismatch = "SignatureDoesNotMatch",
    expired_token = "ExpiredToken",
  },
}

local MISMATCH = "The request signature we calculated does not match the signature you provided. Check your AWS "
  .. "Secret Access Key and signing method. Consult the service documentation for details."
local INVALID_TOKEN = "The security token included in the request is invalid."

-- The date that was parsed last: requests of the same second have the same one.
local last_date, last_time

-- Parses an X-Amz-Date. Returns seconds since 1970, or nil.
local function parse_date(amz_date)
  if amz_date == last_date then
    return last_time
  end
  local year, month, day, hour, minute, second =
    amz_date:match "^(%d%d%d%d)(%d%d)(%d%d)T(%d%d)(%d%d)(%d%d)Z$"
  last_date = amz_date
  last_time = year and timestamp.parse(("%s-%s-%sT%s:%s:%sZ"):format(year, month, day, hour, minute, second))
  return last_time
end

-- Returns the parameters of an Authorization header, or nil.
local function parse_authorization(header)
  local parameters = header:match "^AWS4%-HMAC%-SHA256%s+(.+)$"
  if not parameters then
    return nil
  end
  local found = {}
  for name, value in parameters:gmatch "(%w+)=([^,%s]+)" do
    found[name] = value
  end
  return found
end

--- The credential scope of a request.
---@class emulator.Scope
---@field key string  the id of the access key
---@field day string  YYYYMMDD
---@field region string
---@field service string

-- Returns the credential scope of a parsed header, or nil.
local function scope_of(found)
  local key, day, region, service = (found and found.Credential or "")
    :match "^(.+)/(%d%d%d%d%d%d%d%d)/([%w-]+)/([%w-]+)/aws4_request$"
  return key and { key = key, day = day, region = region, service = service } or nil
end

-- Splits the names of the signed headers. Returns a list, and a set of them.
local function split_names(text)
  local list, set = {}, {}
  for name in text:gmatch "[^;]+" do
    list[#list + 1], set[name] = name, true
  end
  return list, set
end

---@class emulator.Authorization
---@field scope? emulator.Scope
---@field Credential? string
---@field SignedHeaders? string
---@field names? string[]  of the signed headers
---@field signed? table<string, boolean>  the same names

-- Parses an Authorization header. Returns it and its signature.
local function parse(header)
  local found = parse_authorization(header) or {}
  found.scope = scope_of(found)
  if found.SignedHeaders then
    found.names, found.signed = split_names(found.SignedHeaders)
  end
  return found, found.Signature
end

-- [the text before the signature] = the parsed header. It is the same in all requests of a client to one service and
-- Region on one day.
local parsed, parsed_count = {}, 0
local MOST_PARSED, LONGEST_PARSED = 256, 1000
local SIGNATURE_NAME, SIGNATURE_LENGTH = "Signature=", 64

-- Parses an Authorization header, or finds what was parsed. The result must not be changed.
local function read_authorization(header)
  local before, signature = header:sub(1, -SIGNATURE_LENGTH - 1), header:sub(-SIGNATURE_LENGTH)
  local known = parsed[before]
  if known and not signature:find "[^0-9a-f]" then
    return known, signature
  end
  local found, of = parse(header)
  if found.scope and found.names and of == signature and #before <= LONGEST_PARSED
    and before:sub(-#SIGNATURE_NAME) == SIGNATURE_NAME then
    if parsed_count == MOST_PARSED then
      parsed, parsed_count = {}, 0
    end
    parsed[before], parsed_count = found, parsed_count + 1
  end
  return found, of
end

--- Returns the credential scope of a request, or nil when the request is not signed.
---@param headers table<string, string>
---@return emulator.Scope?
function M.scope(headers)
  local header = headers.authorization
  return header and read_authorization(header).scope
end

-- Returns why the time of a request is not accepted, or nil.
local function time_error(amz_date, scope, now)
  local time = parse_date(amz_date)
  if not time then
    return ("Date must be in ISO-8601 'basic format'. Got '%s'."):format(amz_date)
  elseif amz_date:sub(1, 8) ~= scope.day then
    return ("Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '%s' != "
      .. "'%s', from '%s'."):format(scope.day, amz_date:sub(1, 8), amz_date)
  elseif time < now - MAX_SKEW then
    return ("Signature expired: %s is now earlier than %s (%s - 5 min.)")
      :format(amz_date, timestamp.compact(now - MAX_SKEW), timestamp.compact(now))
  elseif time > now + MAX_SKEW then
    return ("Signature not yet current: %s is still later than %s (%s + 5 min.)")
      :format(amz_date, timestamp.compact(now + MAX_SKEW), timestamp.compact(now))
  end
  return nil
end

--- Returns the exception for an access key that does not exist.
---@param protocol "json"|"query"
---@return emulator.Exception
function M.unknown_key(protocol)
  return exception(CODES[protocol].unknown_key, INVALID_TOKEN, CODES[protocol].status)
end

-- Returns the access key that a request is signed with, or nil and an exception.
local function find_key(world, request, scope, codes, now)
  local key = world.keys[scope.key]
  local token = request.headers["x-amz-security-token"]
  if not key or (key.token or false) ~= (token or false) then
    return nil, exception(codes.unknown_key, INVALID_TOKEN, codes.status)
  elseif key.expires and key.expires <= now then
    return nil, exception(codes.expired_token, "The security token included in the request is expired", codes.status)
  end
  key.sealed = key.sealed or credentials.new { access_key_id = scope.key, secret_access_key = key.secret }
  return key
end

local PARAMETERS = { "Credential", "Signature", "SignedHeaders" }

-- Returns the parsed header and the signature of a request, or nil and what is missing or malformed.
local function signature_of(headers)
  local authorization, signature = read_authorization(headers.authorization)
  for _, name in ipairs(PARAMETERS) do
    if not (authorization[name] or name == "Signature" and signature) then
      return nil, ("Authorization header requires '%s' parameter. Authorization=%s")
        :format(name, headers.authorization:match "^%S+" or "")
    end
  end
  if not headers["x-amz-date"] then
    return nil, "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header."
  elseif not authorization.scope then
    return nil, ("Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term, got "
      .. "'%s'"):format(authorization.Credential)
  end
  return authorization, signature
end

-- Returns true when the signature is valid, else nil and a message.
local function check_signature(request, authorization, signature, key)
  if not authorization.signed.host then
    return nil, "'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization."
  end
  local steps = sigv4.explain {
    method = request.method,
    target = request.target,
    headers = request.headers,
    signed_headers = authorization.names,
    body = request.body,
    amz_date = request.headers["x-amz-date"],
    credentials = key.sealed,
    region = authorization.scope.region,
    service = authorization.scope.service,
  }
  if not crypto.equal(steps.signature, signature) or steps.signed_headers ~= authorization.SignedHeaders then
    return nil, MISMATCH
  end
  return true
end

--- Who an access key of the emulator belongs to.
---@class emulator.Caller
---@field arn string
---@field user_id string
---@field account string
---@field created? number  of a user: when it was created, in seconds since 1970

--- Verifies a request and returns its caller and Region.
---@param world emulator.World
---@param request table
---@param service string
---@param protocol "json"|"query"
---@param now number  seconds since 1970
---@return emulator.Caller? caller
---@return string|emulator.Exception region
function M.caller(world, request, service, protocol, now)
  local codes = CODES[protocol]
  if not request.headers.authorization then
    return nil, exception(codes.missing, "Missing Authentication Token", codes.status)
  end
  local authorization, signature = signature_of(request.headers)
  if not authorization then
    return nil, exception(codes.incomplete, signature, codes.status)
  end
  local scope = authorization.scope
  if scope.service ~= service then
    return nil, exception(codes.mismatch, ("Credential should be scoped to correct service: '%s'. "):format(service),
      codes.status)
  end
  local key, failure = find_key(world, request, scope, codes, now)
  if not key then
    return nil, failure
  end
  local message = time_error(request.headers["x-amz-date"], scope, now)
  local ok = not message
  if ok then
    ok, message = check_signature(request, authorization, signature, key)
  end
  if not ok then
    return nil, exception(codes.mismatch, message, codes.status)
  end
  return key.caller, scope.region
end

return M
