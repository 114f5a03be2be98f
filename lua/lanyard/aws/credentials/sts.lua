-- Credentials of roles, from AWS STS.
--
--   local keys, err = sts.assume(context, { role_arn = ..., ... }, source_keys)
--   local keys, err = sts.web_identity(context, { role_arn = ..., token_file = ... })
--
-- STS is called in the Region of the session, at the endpoint that its settings name.
-- https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html

local credentials = require "lanyard.credentials"
local errors = require "lanyard.errors"
local timestamp = require "lanyard.text.timestamp"
local system = require "lanyard.system"

local M = {}

local function session_name(context)
  return ("lanyard-%d"):format(context.time() // 1)
end

-- A failure, told with whose step it was: a profile's or a script's.
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

-- The six digits that the person at the terminal reads from the device | nil, err
local function mfa_code(context, step)
  local answer = context.ask and context.ask(("MFA code of %s: "):format(step.mfa_serial))
  if not answer then
    return failure(step, "MfaRequired", ("it takes a code of the MFA device %s, and there is no terminal to ask at")
      :format(step.mfa_serial), "run it at a terminal, or sign in there and pass on the credentials of the session")
  end
  local code = answer:match "^%s*(%d%d%d%d%d%d)%s*$"
  if not code then
    return failure(step, "InvalidMfaCode", "a code of an MFA device is six digits, which the answer was not")
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

-- Calls STS, and takes the credentials out of the answer.
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
    return failure(step, "InvalidResponse", ("STS answered without %s"):format(complete and "a time of expiration"
      or "credentials"))
  end
  local user = type(reply.AssumedRoleUser) == "table" and reply.AssumedRoleUser.Arn
  return credentials.new {
    access_key_id = found.AccessKeyId,
    secret_access_key = found.SecretAccessKey,
    session_token = found.SessionToken,
    expires = expires,
    account_id = type(user) == "string" and user:match "^arn:[%w-]+:sts::(%d+):" or nil,
    source = step.profile and ("profile '%s'"):format(step.profile) or step.role_arn,
  }
end

-- assume(context, step, keys) --> credentials | nil, err
-- step: role_arn, and as wanted session_name, external_id, mfa_serial, duration (seconds), policy (a text
-- or a policy document), policy_arns, tags { [key] = value }, transitive_tags, source_identity; profile
-- where a profile says so.
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

-- web_identity(context, step) --> credentials | nil, err
-- step: role_arn, token_file, session_name; profile where a profile says so. The file is read each time:
-- who issues the token renews it in place.
function M.web_identity(context, step)
  local text, err = system.read_file(step.token_file)
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
