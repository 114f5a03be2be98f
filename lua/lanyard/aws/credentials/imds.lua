-- Credentials of an EC2 instance, from its metadata service (IMDSv2).
-- https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/configuring-instance-metadata-service.html
--
-- Version 1, which answers without a token, is never asked, as in the newest of AWS's SDKs: who can make
-- a program on the instance send a plain GET could read the role's keys. So AWS_EC2_METADATA_V1_DISABLED
-- changes nothing here.

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

-- Most attempts where it answers with a fault of its own. Where it does not answer, which is so on every
-- machine that is no instance, the count is what the AWS CLI has: 1.
local ANSWERS = 4

-- endpoint(profile [, given]) --> URL | nil, err
-- given: { endpoint =, mode = }, before the environment and the profile. An endpoint goes before a mode.
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

-- What a request needs to know: { context, url, limits, who } | nil, why not | nil, err
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
  return { context = context, url = url, limits = limits, who = "the instance metadata service at " .. url }
end

-- A failure to reach it: most machines have none, which is no mistake.
local function absent(service, err)
  local hint = err.code == "Timeout" and err.sent
    and "; in a container, the instance's response hop limit must be 2" or ""
  return nil, ("no answer from %s (%s)%s"):format(service.who, err.message, hint)
end

-- token(service) --> a secret | nil, why not | nil, err. It is kept in the context until it expires.
local function token_of(service)
  local context = service.context
  local kept = context.imds_token
  if kept and kept.url == service.url and context.time() < kept.ends then
    return kept.secret
  end
  context.imds_token = nil
  local reply, err = metadata.ask(context, {
    method = "PUT",
    url = service.url .. "/latest/api/token",
    headers = { ["X-aws-ec2-metadata-token-ttl-seconds"] = tostring(TOKEN_SECONDS) },
  }, service.limits)
  if not reply then
    return absent(service, err)
  elseif reply.status == 403 then
    return nil, service.who .. " is disabled (status 403)"
  elseif reply.status == 400 or metadata.is_fault(reply.status) then
    return metadata.wrong(service.who, ("refused to give a token (status %d)"):format(reply.status))
  elseif reply.status ~= 200 then
    return nil, ("what answers at %s is no instance metadata service (status %d)"):format(service.url, reply.status)
  elseif not reply.body:find "^[!-~]+$" then
    return metadata.wrong(service.who, "answered with a token that is none")
  end
  local seconds = tonumber(reply.headers["x-aws-ec2-metadata-token-ttl-seconds"]) or TOKEN_SECONDS
  context.imds_token = {
    url = service.url,
    secret = credentials.secret(reply.body),
    ends = context.time() + math.max(seconds - TOKEN_MARGIN, 0),
  }
  return context.imds_token.secret
end

-- get(service, path, sealed) --> reply, of any status but a fault | nil, why not | nil, err
-- A token that is not taken is replaced, once.
local function get(service, path, sealed)
  for attempt = 1, 2 do
    local token, why = token_of(service)
    if not token then
      return nil, why
    end
    local reply, err = metadata.ask(service.context, {
      url = service.url .. path,
      headers = { ["X-aws-ec2-metadata-token"] = token },
      sealed = sealed,
    }, service.limits)
    if not reply then
      return nil, errors.new { code = err.code, message = ("%s: %s"):format(service.who, err.message) }
    elseif metadata.is_fault(reply.status) then
      return metadata.wrong(service.who, ("answered %s with status %d"):format(path, reply.status))
    elseif reply.status ~= 401 or attempt == 2 then
      return reply
    end
    service.context.imds_token = nil
  end
end

local function refused(service, path, reply)
  return metadata.wrong(service.who, ("refused %s with status %d"):format(path, reply.status))
end

local function role_of(service)
  local reply, why = get(service, ROLES)
  if not reply then
    return nil, why
  elseif reply.status == 404 then
    return nil, "the instance has no IAM role"
  elseif reply.status ~= 200 then
    return refused(service, ROLES, reply)
  end
  local role = reply.body:match "^%s*([%w+=,.@_-]+)"
  if not role then
    return nil, "the instance has no IAM role"
  end
  return role
end

-- When IAM is out of reach, the service goes on serving the keys it has, and AWS goes on taking them
-- past their end. Such keys are used on, as the SDKs do, and asked for again within minutes, not for
-- each call. https://docs.aws.amazon.com/sdkref/latest/guide/feature-static-stability.html
local function extend(context, fields)
  local ahead = 600 + 120 + 480 * system.uniform()
  local now = context.time()
  if fields.expires - now > ahead then
    return
  end
  if context.debug then
    context.debug(("the instance's keys end at %s: used on, and asked for again in %d minutes")
      :format(timestamp.format(fields.expires), ahead // 60))
  end
  fields.expires = now + ahead
end

-- find(context) --> credentials | nil, why not | nil, err
function M.find(context)
  local service, why = open(context)
  if not service then
    return nil, why
  end
  local role
  role, why = role_of(service)
  if not role then
    return nil, why
  end
  local reply, fields
  reply, why = get(service, ROLES .. role, true)
  if not reply then
    return nil, why
  elseif reply.status == 404 then
    return nil, ("the instance's IAM role '%s' is gone"):format(role)
  elseif reply.status ~= 200 then
    return refused(service, ROLES .. role, reply)
  end
  fields, why = metadata.read(reply.body, service.who)
  if not fields then
    return nil, why
  end
  extend(context, fields)
  fields.source = "instance"
  return credentials.new(fields)
end

-- region(context) --> the Region of this instance | nil, why not | nil, err
function M.region(context)
  local service, why = open(context)
  if not service then
    return nil, why
  end
  local reply
  reply, why = get(service, REGION)
  if not reply then
    return nil, why
  elseif reply.status ~= 200 then
    return refused(service, REGION, reply)
  end
  local ok
  ok, why = names.region(reply.body)
  if not ok then
    return metadata.wrong(service.who, "answered with a Region that is none: " .. why)
  end
  return reply.body
end

return M
