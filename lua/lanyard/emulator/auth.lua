-- Who calls: verifies Signature Version 4 as AWS's front ends do.

local credentials = require "lanyard.credentials"
local fault = require "lanyard.emulator.fault"
local crypto = require "lanyard.crypto"
local sigv4 = require "lanyard.sigv4"

local M = {}

-- How far a request's time may be off, in seconds.
local SKEW = 300

-- The codes and statuses of the two kinds of front end.
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

local function stamp(seconds)
  return os.date("!%Y%m%dT%H%M%SZ", math.floor(seconds))
end

local function seconds_of(amz_date)
  local year, month, day, hour, minute, second =
    amz_date:match "^(%d%d%d%d)(%d%d)(%d%d)T(%d%d)(%d%d)(%d%d)Z$"
  if not year then
    return nil
  end
  -- Days since 1970-03-01 by the civil calendar, so that no time zone has a say.
  local y, m = math.tointeger(year), math.tointeger(month)
  y = m <= 2 and y - 1 or y
  local era = y // 400
  local year_of_era = y - era * 400
  local day_of_year = (153 * ((m + 9) % 12) + 2) // 5 + math.tointeger(day) - 1
  local days = era * 146097 + year_of_era * 365 + year_of_era // 4 - year_of_era // 100 + day_of_year - 719468
  return days * 86400 + hour * 3600 + minute * 60 + second
end

-- The parts of an Authorization header | nil
local function parse(header)
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

-- scope(headers) --> { key, day, region, service } of the request's credential | nil
function M.scope(headers)
  local found = parse(headers.authorization or "")
  local key, day, region, service = (found and found.Credential or "")
    :match "^(.+)/(%d%d%d%d%d%d%d%d)/([%w-]+)/([%w-]+)/aws4_request$"
  return key and { key = key, day = day, region = region, service = service } or nil
end

local function check_time(amz_date, scope, now)
  local time = seconds_of(amz_date)
  if not time then
    return ("Date must be in ISO-8601 'basic format'. Got '%s'."):format(amz_date)
  elseif amz_date:sub(1, 8) ~= scope.day then
    return ("Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '%s' != "
      .. "'%s', from '%s'."):format(scope.day, amz_date:sub(1, 8), amz_date)
  elseif time < now - SKEW then
    return ("Signature expired: %s is now earlier than %s (%s - 5 min.)")
      :format(amz_date, stamp(now - SKEW), stamp(now))
  elseif time > now + SKEW then
    return ("Signature not yet current: %s is still later than %s (%s + 5 min.)")
      :format(amz_date, stamp(now + SKEW), stamp(now))
  end
  return nil
end

local function key_of(world, request, scope, codes, now)
  local key = world.keys[scope.key]
  local token = request.headers["x-amz-security-token"]
  if not key or (key.token or false) ~= (token or false) then
    return nil, fault(codes.unknown_key, INVALID_TOKEN, codes.status)
  elseif key.expires and key.expires <= now then
    return nil, fault(codes.expired_token, "The security token included in the request is expired", codes.status)
  end
  key.sealed = key.sealed or credentials.new { access_key_id = scope.key, secret_access_key = key.secret }
  return key
end

-- The parts of a request's signature | nil, what is missing or malformed
local function parts_of(headers)
  local given = parse(headers.authorization) or {}
  for _, name in ipairs { "Credential", "Signature", "SignedHeaders" } do
    if not given[name] then
      return nil, ("Authorization header requires '%s' parameter. Authorization=%s")
        :format(name, headers.authorization:match "^%S+" or "")
    end
  end
  given.scope = M.scope(headers)
  if not headers["x-amz-date"] then
    return nil, "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header."
  elseif not given.scope then
    return nil, ("Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term, got "
      .. "'%s'"):format(given.Credential)
  end
  return given
end

-- Whether the signature is that of the request: true | nil, why not
local function check_signature(request, given, key)
  local signed = {}
  for name in given.SignedHeaders:gmatch "[^;]+" do
    signed[#signed + 1] = name
    signed[name] = true
  end
  if not signed.host then
    return nil, "'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization."
  end
  local steps = sigv4.explain {
    method = request.method,
    target = request.target,
    headers = request.headers,
    signed_headers = signed,
    body = request.body,
    amz_date = request.headers["x-amz-date"],
    credentials = key.sealed,
    region = given.scope.region,
    service = given.scope.service,
  }
  if not crypto.equal(steps.signature, given.Signature) or steps.signed_headers ~= given.SignedHeaders then
    return nil, MISMATCH
  end
  return true
end

-- caller(world, request, service, protocol, now) --> { arn, user_id, account }, region | nil, fault
function M.caller(world, request, service, protocol, now)
  local codes = CODES[protocol]
  if not request.headers.authorization then
    return nil, fault(codes.missing, "Missing Authentication Token", codes.status)
  end
  local given, why = parts_of(request.headers)
  if not given then
    return nil, fault(codes.incomplete, why, codes.status)
  elseif given.scope.service ~= service then
    return nil, fault(codes.mismatch, ("Credential should be scoped to correct service: '%s'. "):format(service),
      codes.status)
  end
  local key, refused = key_of(world, request, given.scope, codes, now)
  if not key then
    return nil, refused
  end
  why = check_time(request.headers["x-amz-date"], given.scope, now)
  local ok = not why
  if ok then
    ok, why = check_signature(request, given, key)
  end
  if not ok then
    return nil, fault(codes.mismatch, why, codes.status)
  end
  return key.caller, given.scope.region
end

return M
