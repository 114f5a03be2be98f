--- Gets credentials of roles from AWS STS.
---
---     local keys, err = sts.assume(context, { role_arn = ... }, source_keys)
---     local keys, err = sts.web_identity(context, { role_arn = ..., token_file = ... })
---
--- STS is called in the Region of the session, at the endpoint of its settings.
--- https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html

local credentials = require "lanyard.credentials"
local environment = require "lanyard.environment"
local errors = require "lanyard.errors"
local timestamp = require "lanyard.text.timestamp"
local system = require "lanyard.system"

local M = {}

local function session_name(context)
  return ("lanyard-%d"):format(context.time() // 1)
end

-- Returns nil and an error that names the role, and the profile if the step is one of a profile.
local function failed(step, err)
  local message = ("cannot assume %s: %s"):format(step.role_arn, tostring(err))
  if step.profile then
    message = ("profile '%s' %s"):format(step.profile, message)
  end
  return nil, errors.new {
    code = err.code, message = message, tip = err.tip, status = err.status, request_id = err.request_id,
    retryable = err.retryable,
  }
end

local function failure(step, code, message, tip)
  return failed(step, errors.new { code = code, message = message, tip = tip })
end

-- Asks for the code of the MFA device. Returns six digits | nil, err
local function mfa_code(context, step)
  local answer = context.ask and context.ask(("MFA code of %s: "):format(step.mfa_serial))
  if not answer then
    return failure(step, "MfaRequired", ("a code of the MFA device %s is needed, but there is no terminal to enter it")
      :format(step.mfa_serial), "run the command in a terminal, or sign in there and pass the session's credentials")
  end
  local code = answer:match "^%s*(%d%d%d%d%d%d)%s*$"
  if not code then
    return failure(step, "InvalidMfaCode", "the code of an MFA device must have six digits")
  end
  return code
end

local function pairs_of(tags)
  local list = {}
  for key, value in pairs(tags or {}) do
    list[#list + 1] = { Key = key, Value = value }
  end
  table.sort(list, function(a, b) return a.Key < b.Key end)
  return #list > 0 and list or nil
end

local function arns_of(arns)
  local list = {}
  for i, arn in ipairs(arns or {}) do
    list[i] = { arn = arn }
  end
  return #list > 0 and list or nil
end

-- Calls STS and returns the credentials of the reply | nil, err
local function call(context, operation, input, options, step)
  options.sealed = true
  local client, err = context.client("sts", options)
  if not client then
    return failed(step, err)
  end
  local reply
  reply, err = client:call(operation, input)
  if not reply then
    return failed(step, err)
  end
  local found = reply.Credentials or {}
  local expires = timestamp.parse(found.Expiration)
  local complete = type(found.AccessKeyId) == "string" and found.AccessKeyId ~= ""
    and type(found.SecretAccessKey) == "userdata" and type(found.SessionToken) == "userdata" -- sealed, and so not empty
  if not (complete and expires) then
    return failure(step, "InvalidResponse", ("STS returned no %s"):format(complete and "expiration"
      or "credentials"))
  end
  local user = type(reply.AssumedRoleUser) == "table" and reply.AssumedRoleUser.Arn
  return credentials.new {
    access_key_id = found.AccessKeyId,
    secret_access_key = found.SecretAccessKey,
    session_token = found.SessionToken,
    expires = expires,
    account_id = type(user) == "string" and user:match "^arn:[%w-]+:sts::(%d+):" or nil,
    arn = type(user) == "string" and user or nil,
    source = step.profile and ("profile '%s'"):format(step.profile) or step.role_arn,
  }
end

--- A role to assume.
---@class aws.RoleStep
---@field role_arn string
---@field session_name? string
---@field external_id? string
---@field mfa_serial? string
---@field duration? integer       seconds
---@field policy? string|policy.Document
---@field policy_arns? string[]
---@field tags? table<string, string>
---@field transitive_tags? string[]
---@field source_identity? string
---@field token_file? string      for web_identity
---@field profile? string         the profile that defines the step

--- Assumes a role.
---@param context aws.CredentialsContext
---@param step aws.RoleStep
---@param keys? userdata  the credentials of the caller
---@return userdata? credentials
---@return lanyard.Error? err
function M.assume(context, step, keys)
  local code, err
  if step.mfa_serial then
    code, err = mfa_code(context, step)
    if not code then
      return nil, err
    end
  end
  return call(context, "AssumeRole", {
    RoleArn = step.role_arn,
    RoleSessionName = step.session_name or session_name(context),
    ExternalId = step.external_id,
    DurationSeconds = step.duration,
    SerialNumber = step.mfa_serial,
    TokenCode = code,
    Policy = step.policy and tostring(step.policy),
    PolicyArns = arns_of(step.policy_arns),
    Tags = pairs_of(step.tags),
    TransitiveTagKeys = step.transitive_tags,
    SourceIdentity = step.source_identity,
  }, { credentials = keys }, step)
end

--- Assumes a role with the token of a web identity. The token file is read each time, since its issuer renews it in
--- place.
---@param context aws.CredentialsContext
---@param step aws.RoleStep
---@return userdata? credentials
---@return lanyard.Error? err
function M.web_identity(context, step)
  local path, message = environment.expand_path(step.token_file)
  if not path then
    return failure(step, "InvalidConfig", ("the token file %s: %s"):format(step.token_file, message))
  end
  local text, err = system.read_file(path)
  if not text then
    return failed(step, err)
  end
  local token = text:match "^%s*(.-)%s*$"
  if token == "" then
    return failure(step, "InvalidConfig", ("the token file %s is empty"):format(step.token_file))
  end
  return call(context, "AssumeRoleWithWebIdentity", {
    RoleArn = step.role_arn,
    RoleSessionName = step.session_name or session_name(context),
    WebIdentityToken = token,
  }, { unsigned = true }, step)
end

return M
