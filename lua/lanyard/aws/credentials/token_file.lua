--- Reads and writes the token files of the AWS CLI's sign-ins, in a form that the CLI reads again. Their secrets stay
--- sealed.

local credentials = require "lanyard.credentials"
local errors = require "lanyard.errors"
local lock = require "lanyard.lock"
local sealed_json = require "lanyard.protocol.sealed_json"
local shellwords = require "lanyard.text.shellwords"
local system = require "lanyard.system"

local M = {}

local LOCK_TIMEOUT = 15 -- seconds

--- Reads a token file.
---@param path string
---@param names string[]  the members to seal
---@return table? fields
---@return lanyard.Error? err  code "NotFound", "InvalidTokenFile" or another
function M.read(path, names)
  local text, err = system.read_file(path)
  if not text then
    return nil, err
  end
  local fields = sealed_json.decode(credentials.secret(text), names)
  if not fields then
    return nil, errors.new { code = "InvalidTokenFile", message = ("%s is not a token file of the AWS CLI")
      :format(path) }
  end
  return fields
end

--- Writes a token file atomically, readable by its owner only. A failure is only logged: the renewed token is usable
--- without the file, although the refresh token in the old file may be invalid.
---@param context aws.CredentialsContext
---@param path string
---@param fields table
function M.store(context, path, fields)
  local ok, err = system.write_file(path, sealed_json.encode(fields))
  if not ok and context.debug then
    context.debug("the renewed sign-in could not be stored: " .. err.message)
  end
end

--- Locks a token file, so that one process renews the sign-in and the others use the result. Returns nil if the lock
--- cannot be taken; the caller then continues without it.
---@param context aws.CredentialsContext
---@param path string
---@return userdata? lock  to be closed
function M.lock(context, path)
  return (lock.wait(path, { now = context.time, sleep = context.sleep, random = system.uniform }, LOCK_TIMEOUT))
end

--- Returns nil and an error that names the command to sign in again.
---@param command string
---@param profile string
---@param reason string
---@return nil
---@return lanyard.Error err
function M.sign_in(command, profile, reason)
  if profile ~= "default" then
    command = command .. " --profile " .. shellwords.quote(profile)
  end
  return nil, errors.new {
    code = "SignInRequired",
    message = ("profile '%s': %s: run %s"):format(profile, reason, command),
  }
end

return M
