--- Chooses how the requests of a modelled operation are signed, and signs them.
---
---     plan.auth = assert(auth.choose(client, plan, endpoint))   --> { kind = "sigv4", name = "dynamodb", ... }
---     auth.sign(plan.auth, request)
---
--- The types come from the operation, else from its service; the endpoint can name a signature, its Region and its
--- service. https://smithy.io/2.0/aws/aws-auth.html

local bearer = require "lanyard.aws.bearer"
local credentials = require "lanyard.credentials"
local s3express = require "lanyard.aws.s3express"
local sigv4 = require "lanyard.sigv4"

local M = {}

--- How a request is signed.
---@class aws.Auth
---@field kind "none"|"bearer"|"sigv4"|"sigv4a"|"s3express"
---@field name string              the service in the signature
---@field region string            the Region in the signature, or the set of Regions of sigv4a
---@field bucket? string           of s3express
---@field session_token? userdata  of s3express
---@field raw_path boolean         the path is signed as it is sent, as S3 expects it
---@field sends_hash boolean       the hash of the body is a header, as S3 expects it
---@field shows_hash boolean       the same, and the signature always covers the body
---@field unsigned_body boolean    the signature does not cover the body

-- The names of types in botocore's models, in Smithy's and in endpoint rule sets.
local KINDS = {
  none = "none", ["smithy.api#noAuth"] = "none",
  bearer = "bearer", ["smithy.api#httpBearerAuth"] = "bearer",
  v4 = "sigv4", ["v4-unsigned-body"] = "sigv4", s3 = "sigv4", s3v4 = "sigv4", sigv4 = "sigv4",
  ["aws.auth#sigv4"] = "sigv4",
  v4a = "sigv4a", sigv4a = "sigv4a", ["aws.auth#sigv4a"] = "sigv4a",
  ["sigv4-s3express"] = "s3express",
}

local function types_of(operation, metadata)
  local traits = operation.traits
  if traits.auth and traits.auth[1] then
    return traits.auth
  elseif traits.authtype then
    return { traits.authtype }
  elseif metadata.auth and metadata.auth[1] then
    return metadata.auth
  end
  return { metadata.signatureVersion or "v4" }
end

-- Returns the kind of the first type that is supported | nil. For a service that accepts keys and tokens, a token in
-- the environment takes precedence over keys.
local function usable(client, types, name)
  local first
  for _, one in ipairs(types) do
    local kind = KINDS[one]
    if kind == "bearer" and bearer.is_set(client.session, name) then
      return kind
    end
    first = first or kind
  end
  return first
end

-- Returns the scheme of an endpoint that can be used | nil, the names of its schemes
local function scheme_of(endpoint)
  local names = {}
  for _, scheme in ipairs(endpoint.auth_schemes or {}) do
    if KINDS[scheme.name] then
      return scheme
    end
    names[#names + 1] = tostring(scheme.name)
  end
  return nil, #names > 0 and table.concat(names, ", ") or nil
end

local function is_s3(metadata)
  return metadata.signatureVersion == "s3" or metadata.signatureVersion == "s3v4" or metadata.serviceId == "S3"
end

--- Chooses how to sign the requests of a plan.
---@param client aws.Client
---@param plan aws.Plan
---@param endpoint table  of lanyard.aws.modelled_endpoint
---@return aws.Auth? auth
---@return string? message  why the operation cannot be called
function M.choose(client, plan, endpoint)
  local metadata, traits = plan.service.metadata, plan.operation.traits
  local name = metadata.signingName or metadata.endpointPrefix or client.service
  local types = types_of(plan.operation, metadata)
  local kind = usable(client, types, name)
  if client.options.unsigned then
    return { kind = "none" }
  elseif not kind then
    return nil, ("the authentication '%s' is not supported"):format(table.concat(types, ", "))
  end
  local scheme, others = scheme_of(endpoint)
  if kind ~= "none" and kind ~= "bearer" then
    if others then
      return nil, ("the authentication '%s' of the endpoint is not supported"):format(others)
    end
    kind = scheme and KINDS[scheme.name] or kind
  end
  scheme = scheme or {}
  local region_set = scheme.signingRegionSet
  return {
    kind = kind,
    bucket = plan.input.Bucket,
    name = scheme.signingName or name,
    region = kind == "sigv4a" and table.concat(region_set or { client.region }, ",")
      or scheme.signingRegion or endpoint.signing_region or client.region,
    raw_path = is_s3(metadata) or scheme.disableDoubleEncoding == true,
    sends_hash = is_s3(metadata),
    shows_hash = plan.shows_hash or false,
    unsigned_body = traits.authtype == "v4-unsigned-body" or traits.unsignedPayload == true,
  }
end

local function add(headers, more)
  for name, value in pairs(more) do
    headers[name] = value
  end
end

--- Returns the options of lanyard.sigv4 for a request.
---@param auth aws.Auth
---@param request table  { method, url, headers, body, payload_hash }
---@param keys userdata
---@param time number
---@return table
function M.options(auth, request, keys, time)
  local unsigned = auth.unsigned_body and "UNSIGNED-PAYLOAD" or nil
  local hash = request.payload_hash or unsigned
  return {
    method = request.method, url = request.url, headers = request.headers, credentials = keys, time = time,
    region = auth.kind ~= "sigv4a" and auth.region or nil, region_set = auth.kind == "sigv4a" and auth.region or nil,
    service = auth.name, payload_hash = hash, body = not hash and request.body or nil,
    sign_body = auth.sends_hash or auth.shows_hash or hash ~= nil,
    normalize = not auth.raw_path, raw_path = auth.raw_path,
  }
end

--- Returns what requests are signed with.
---@param auth aws.Auth
---@param client aws.Client
---@return userdata? keys  credentials or a bearer token; nil without an error if nothing is signed
---@return lanyard.Error? err
function M.keys(auth, client)
  if auth.kind == "none" then
    return nil
  elseif auth.kind == "bearer" then
    return bearer.token(client.session, auth.name)
  elseif auth.kind == "s3express" then
    local session, err = s3express.session(client, auth.bucket)
    auth.session_token = session and session.token
    return session and session.keys, err
  end
  return client.session:credentials()
end

--- Adds the headers of a signature to a request.
---@param auth aws.Auth
---@param request table
---@param keys? userdata  see `keys`
---@param time number  of the service's clock
function M.sign(auth, request, keys, time)
  if auth.kind == "bearer" then
    request.headers.Authorization = credentials.join { "Bearer ", keys }
  elseif auth.kind ~= "none" then
    request.headers["x-amz-s3session-token"] = auth.session_token
    add(request.headers, (sigv4.sign(M.options(auth, request, keys, time))))
  end
end

return M
