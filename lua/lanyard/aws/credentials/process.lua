-- Credentials that a command prints: credential_process of a profile.
-- https://docs.aws.amazon.com/sdkref/latest/guide/feature-process-credentials.html
--
--   local keys, err = process.load(context, { command = "/opt/bin/sign-in --json", profile = "ops" })
--
-- No shell reads the command. Its standard error is ours; of its output no byte gets into an error.

local core = require "lanyard.process.core"
local credentials = require "lanyard.credentials"
local errors = require "lanyard.errors"
local timestamp = require "lanyard.text.timestamp"
local json = require "lanyard.json"
local task = require "lanyard.task"
local shellwords = require "lanyard.text.shellwords"

local M = {}

local TIMEOUT = 60
local MOST_BYTES = 65536
local SECRETS = { "SecretAccessKey", "SessionToken" }

-- What the output says, checked: fields of credentials.new | nil, what is wrong
local function read(output, time)
  local text, secrets = output:unseal(SECRETS, "json")
  local printed = text and json.decode(text)
  if type(printed) ~= "table" then
    return nil, "did not print JSON"
  elseif printed.Version ~= 1 then
    local version = type(printed.Version) == "number" and ("%g"):format(printed.Version)
    return nil, version and ("printed Version %s, and only 1 is known"):format(version) or "printed no Version"
  elseif type(printed.AccessKeyId) ~= "string" or printed.AccessKeyId == "" then
    return nil, "printed no AccessKeyId"
  elseif not secrets.SecretAccessKey then
    return nil, "printed no SecretAccessKey"
  end
  local ends = printed.Expiration ~= json.null and printed.Expiration or nil
  local expires = timestamp.parse(ends)
  if ends and not expires then
    return nil, "printed an Expiration that is no time in ISO 8601"
  elseif expires and expires <= time then
    return nil, ("printed credentials that had expired at %s"):format(timestamp.format(expires))
  end
  return {
    access_key_id = printed.AccessKeyId,
    secret_access_key = secrets.SecretAccessKey,
    session_token = secrets.SessionToken,
    expires = expires,
    account_id = type(printed.AccountId) == "string" and printed.AccountId or nil,
  }
end

local function run(command)
  local op, err = core.start { words = command, timeout = TIMEOUT, max_size = MOST_BYTES }
  if not op then
    return nil, err
  end
  return task.await(op)
end

-- load(context, step) --> credentials | nil, err
-- step: command, profile (that has it), account_id (where the command does not say)
function M.load(context, step)
  local function failed(code, why)
    return nil, errors.new {
      code = code, message = ("credential_process of profile '%s': %s"):format(step.profile, why),
      tip = code == "CredentialProcessFailed" and "run the command of the profile by hand to see what it does" or nil,
    }
  end
  local command, why = shellwords.split(step.command)
  if not command then
    return failed("InvalidConfig", why)
  end
  local ended, err = run(command)
  if not ended then
    return failed(err.code, err.message)
  elseif ended.signal then
    return failed("CredentialProcessFailed", ("%s was ended by signal %d"):format(command[1], ended.signal))
  elseif ended.status ~= 0 then
    return failed("CredentialProcessFailed", ("%s ended with status %d"):format(command[1], ended.status))
  end
  local fields
  fields, why = read(ended.output, context.time())
  if not fields then
    return failed("CredentialProcessFailed", ("%s %s"):format(command[1], why))
  end
  fields.account_id = fields.account_id or step.account_id
  fields.source = ("profile '%s'"):format(step.profile)
  return credentials.new(fields)
end

return M
