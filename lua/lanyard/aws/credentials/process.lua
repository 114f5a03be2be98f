--- Gets credentials from a command: the credential_process of a profile.
--- https://docs.aws.amazon.com/sdkref/latest/guide/feature-process-credentials.html
---
---     local keys, err = process.load(context, { command = "/opt/bin/sign-in --json", profile = "ops" })
---
--- The command runs without a shell. It inherits the standard error; errors contain nothing of its output.

local core = require "lanyard.process.core"
local credentials = require "lanyard.credentials"
local errors = require "lanyard.errors"
local timestamp = require "lanyard.text.timestamp"
local json = require "lanyard.json"
local process = require "lanyard.process"
local task = require "lanyard.task"
local shellwords = require "lanyard.text.shellwords"

local M = {}

local TIMEOUT = 60
local MOST_BYTES = 65536
local SECRETS = { "SecretAccessKey", "SessionToken" }

-- Reads the output. Returns fields for credentials.new | nil, message
local function read(output, time)
  local text, secrets = output:unseal(SECRETS, "json")
  local printed = text and json.decode(text)
  if type(printed) ~= "table" then
    return nil, "did not print JSON"
  elseif printed.Version ~= 1 then
    local version = type(printed.Version) == "number" and ("%g"):format(printed.Version)
    return nil, version and ("printed Version %s, but only 1 is supported"):format(version) or "printed no Version"
  elseif type(printed.AccessKeyId) ~= "string" or printed.AccessKeyId == "" then
    return nil, "printed no AccessKeyId"
  elseif not secrets.SecretAccessKey then
    return nil, "printed no SecretAccessKey"
  end
  local expiration = printed.Expiration ~= json.null and printed.Expiration or nil
  local expires = timestamp.parse(expiration)
  if expiration and not expires then
    return nil, "printed an Expiration that is not a time in ISO 8601"
  elseif expires and expires <= time then
    return nil, ("printed credentials that expired at %s"):format(timestamp.format(expires))
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

--- Runs the command and reads its credentials.
---@param context aws.CredentialsContext
---@param step { command: string, profile: string, account_id?: string }  account_id: used if the command prints none
---@return userdata? credentials
---@return lanyard.Error? err
function M.load(context, step)
  local function failed(code, message)
    return nil, errors.new {
      code = code, message = ("credential_process of profile '%s': %s"):format(step.profile, message),
      tip = code == "CredentialProcessFailed" and "run the command of the profile manually to see its output" or nil,
    }
  end
  local command, message = shellwords.split(step.command)
  if not command then
    return failed("InvalidConfig", message)
  end
  local ended, err = run(command)
  if not ended then
    return failed(err.code, err.message)
  elseif ended.signal or ended.status ~= 0 then
    return failed("CredentialProcessFailed", ("%s %s"):format(command[1], process.describe(ended)))
  end
  local fields
  fields, message = read(ended.output, context.time())
  if not fields then
    return failed("CredentialProcessFailed", ("%s %s"):format(command[1], message))
  end
  fields.account_id = fields.account_id or step.account_id
  fields.source = ("profile '%s'"):format(step.profile)
  return credentials.new(fields)
end

return M
