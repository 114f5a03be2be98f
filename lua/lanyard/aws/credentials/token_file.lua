-- The files in which the AWS CLI keeps what a sign-in left: read, and rewritten in its own form, so that it
-- reads them again. What is secret in them stays sealed.

local credentials = require "lanyard.credentials"
local errors = require "lanyard.errors"
local lock = require "lanyard.lock"
local sealed_json = require "lanyard.aws.sealed_json"
local system = require "lanyard.system"

local M = {}

local LONGEST_WAIT = 15 -- seconds

-- read(path, names) --> fields, those of these names sealed | nil, err { code = "NotFound" | ... }
function M.read(path, names)
  local text, err = system.read_file(path)
  if not text then
    return nil, err
  end
  local fields = sealed_json.decode(credentials.secret(text), names)
  if not fields then
    return nil, errors.new { code = "InvalidTokenFile", message = ("%s does not hold what the AWS CLI writes there")
      :format(path) }
  end
  return fields
end

-- keep(context, path, fields): writes them, whole or not at all, for their owner alone. Where that cannot be
-- done it is told: what was renewed serves all the same, but its refresh token may be good no longer.
function M.keep(context, path, fields)
  local ok, err = system.write_file(path, sealed_json.encode(fields))
  if not ok and context.debug then
    context.debug("the sign-in is renewed, but not kept: " .. err.message)
  end
end

-- lock(context, path) --> lock, to be closed | nil: one lanyard renews a sign-in, the others then find it
-- renewed. Where it cannot be had each does as well as it can.
function M.lock(context, path)
  return (lock.wait(path, { now = context.time, sleep = context.sleep, random = system.uniform }, LONGEST_WAIT))
end

-- sign_in(command, profile, why) --> nil, err that says which command signs in again
function M.sign_in(command, profile, why)
  if profile ~= "default" then
    command = command .. " --profile " .. (profile:find "[^%w_@%%+=:,./-]" and "'" .. profile:gsub("'", "'\\''") .. "'"
      or profile)
  end
  return nil, errors.new {
    code = "SignInRequired",
    message = ("profile '%s': %s: run %s"):format(profile, why, command),
  }
end

return M
