--- Gets the credentials and the Region of an EC2 instance from its metadata service (IMDSv2).
--- https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/configuring-instance-metadata-service.html
---
--- Version 1, which needs no token, is never used, as in the newest AWS SDKs: anyone who can make a program on the
--- instance send a GET could read the keys of its role. So AWS_EC2_METADATA_V1_DISABLED has no effect.

local credentials = require "lanyard.credentials"
local environment = require "lanyard.environment"
local errors = require "lanyard.errors"
local timestamp = require "lanyard.text.timestamp"
local metadata = require "lanyard.aws.credentials.metadata"
local names = require "lanyard.aws.names"
local settings = require "lanyard.aws.settings"
local system = require "lanyard.system"

local M = {}

local ENDPOINTS = { ipv4 = "http://169.254.169.254", ipv6 = "http://[fd00:ec2::254]" }
local TOKEN_SECONDS = 21600
local TOKEN_MARGIN = 120 -- a token is not used in its last seconds
local ROLES = "/latest/meta-data/iam/security-credentials/"
local REGION = "/latest/meta-data/placement/region"

-- Attempts if the service replies with a failure of its own. If it does not reply, as on every machine that is not an
-- instance, there is one attempt, as in the AWS CLI.
local ANSWERS = 4

--- Returns the URL of the metadata service. An endpoint takes precedence over a mode.
---@param profile aws.Profile
---@param given? { endpoint?: string, mode?: string }  takes precedence over the environment and the profile
---@return string? url
---@return lanyard.Error? err
function M.endpoint(profile, given)
  given = given or {}
  local url, source = settings.get("imds_endpoint", profile, given.endpoint)
  if url and not (url .. "/"):find "^https?://[%w%.:%-%[%]]+/[!-~]*$" then
    return nil, errors.new {
      code = "InvalidConfig", message = ("%s is '%s': http://HOST is expected"):format(source, url:gsub("%c", "?")),
    }
  elseif url or source then
    return url and url:gsub("/+$", "") or nil, source
  end
  local mode
  mode, source = settings.get("imds_endpoint_mode", profile, given.mode and given.mode:lower())
  if not mode and source then
    return nil, source
  end
  return ENDPOINTS[mode or "ipv4"]
end

local function limits_of(profile)
  local timeout, attempts, err
  timeout, err = settings.get("imds_timeout", profile)
  if not timeout and err then
    return nil, err
  end
  attempts, err = settings.get("imds_attempts", profile)
  if not attempts and err then
    return nil, err
  end
  return { timeout = timeout or 1, answers = attempts or ANSWERS, connections = attempts or 1 }
end

-- Returns the service { context, url, limits, label } | nil, reason | nil, err
local function open(context)
  if (environment.get "AWS_EC2_METADATA_DISABLED" or ""):lower() == "true" then
    return nil, "AWS_EC2_METADATA_DISABLED is true"
  end
  local url, err = M.endpoint(context.profile, context.imds)
  if not url then
    return nil, err
  end
  local limits
  limits, err = limits_of(context.profile)
  if not limits then
    return nil, err
  end
  return { context = context, url = url, limits = limits, label = "the instance metadata service at " .. url }
end

-- The service cannot be reached. Most machines have none, so that is not an error.
local function absent(service, err)
  if err.code == "TooManyOpenFiles" then
    return nil, errors.new { code = err.code, message = ("%s: %s"):format(service.label, err.message) }
  end
  local hint = err.code == "Timeout" and err.sent
    and "; in a container, the instance needs a response hop limit of 2" or ""
  return nil, ("no reply from %s (%s)%s"):format(service.label, err.message, hint)
end

-- Returns a session token as a secret | nil, reason | nil, err. The context caches it until it expires.
local function token_of(service)
  local context = service.context
  local cached = context.imds_token
  if cached and cached.url == service.url and context.time() < cached.expires then
    return cached.secret
  end
  context.imds_token = nil
  local reply, err = metadata.request(context, {
    method = "PUT",
    url = service.url .. "/latest/api/token",
    headers = { ["X-aws-ec2-metadata-token-ttl-seconds"] = tostring(TOKEN_SECONDS) },
  }, service.limits)
  if not reply then
    return absent(service, err)
  elseif reply.status == 403 then
    return nil, service.label .. " is disabled (status 403)"
  elseif reply.status == 400 or metadata.is_fault(reply.status) then
    return metadata.invalid(service.label, ("returned no token (status %d)"):format(reply.status))
  elseif reply.status ~= 200 then
    return nil, ("the server at %s is not an instance metadata service (status %d)"):format(service.url, reply.status)
  elseif not reply.body:find "^[!-~]+$" then
    return metadata.invalid(service.label, "returned an invalid token")
  end
  local seconds = tonumber(reply.headers["x-aws-ec2-metadata-token-ttl-seconds"]) or TOKEN_SECONDS
  context.imds_token = {
    url = service.url,
    secret = credentials.secret(reply.body),
    expires = context.time() + math.max(seconds - TOKEN_MARGIN, 0),
  }
  return context.imds_token.secret
end

-- Requests a path. Returns the reply, with any status except failures | nil, reason | nil, err. A rejected token is
-- replaced once.
local function get(service, path, sealed)
  for attempt = 1, 2 do
    local token, reason = token_of(service)
    if not token then
      return nil, reason
    end
    local reply, err = metadata.request(service.context, {
      url = service.url .. path,
      headers = { ["X-aws-ec2-metadata-token"] = token },
      sealed = sealed,
    }, service.limits)
    if not reply then
      return nil, errors.new { code = err.code, message = ("%s: %s"):format(service.label, err.message) }
    elseif metadata.is_fault(reply.status) then
      return metadata.invalid(service.label, ("replied to %s with status %d"):format(path, reply.status))
    elseif reply.status ~= 401 or attempt == 2 then
      return reply
    end
    service.context.imds_token = nil
  end
end

local function rejected(service, path, reply)
  return metadata.invalid(service.label, ("rejected %s with status %d"):format(path, reply.status))
end

local function role_of(service)
  local reply, reason = get(service, ROLES)
  if not reply then
    return nil, reason
  elseif reply.status == 404 then
    return nil, "the instance has no IAM role"
  elseif reply.status ~= 200 then
    return rejected(service, ROLES, reply)
  end
  local role = reply.body:match "^%s*([%w+=,.@_-]+)"
  if not role then
    return nil, "the instance has no IAM role"
  end
  return role
end

-- When IAM is unreachable, the service returns its last keys, and AWS accepts them after their expiration. Such keys
-- are used, as in the SDKs, and requested again within minutes, not for each call.
-- https://docs.aws.amazon.com/sdkref/latest/guide/feature-static-stability.html
local function extend(context, fields)
  local ahead = 600 + 120 + 480 * system.uniform()
  local now = context.time()
  if fields.expires - now > ahead then
    return
  end
  if context.debug then
    context.debug(("the keys of the instance expire at %s; they stay in use for %d minutes")
      :format(timestamp.format(fields.expires), ahead // 60))
  end
  fields.expires = now + ahead
end

--- Gets the credentials of the instance's role.
---@param context aws.CredentialsContext
---@return userdata? credentials
---@return string|lanyard.Error|nil reason  why there are none, or the error
function M.find(context)
  local service, reason = open(context)
  if not service then
    return nil, reason
  end
  local role
  role, reason = role_of(service)
  if not role then
    return nil, reason
  end
  local reply, fields
  reply, reason = get(service, ROLES .. role, true)
  if not reply then
    return nil, reason
  elseif reply.status == 404 then
    return nil, ("the IAM role '%s' of the instance does not exist"):format(role)
  elseif reply.status ~= 200 then
    return rejected(service, ROLES .. role, reply)
  end
  fields, reason = metadata.read(reply.body, service.label)
  if not fields then
    return nil, reason
  end
  extend(context, fields)
  fields.source = "instance"
  return credentials.new(fields)
end

--- Gets the Region of the instance.
---@param context aws.CredentialsContext
---@return string? region
---@return string|lanyard.Error|nil reason  why there is none, or the error
function M.region(context)
  local service, reason = open(context)
  if not service then
    return nil, reason
  end
  local reply
  reply, reason = get(service, REGION)
  if not reply then
    return nil, reason
  elseif reply.status ~= 200 then
    return rejected(service, REGION, reply)
  end
  local ok
  ok, reason = names.region(reply.body)
  if not ok then
    return metadata.invalid(service.label, "returned an invalid Region: " .. reason)
  end
  return reply.body
end

return M
