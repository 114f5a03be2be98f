--- Finds the bearer token of a service: in AWS_BEARER_TOKEN_<SERVICE>, else the one of the sign-in of the profile
--- (`aws sso login`). https://docs.aws.amazon.com/sdkref/latest/guide/feature-sso-credentials.html

local credentials = require "lanyard.credentials"
local environment = require "lanyard.environment"
local errors = require "lanyard.errors"

local M = {}

local function variable(name)
  return "AWS_BEARER_TOKEN_" .. name:gsub("[- ]", "_"):upper()
end

-- The environment of a session with settings of its own is ignored.
local function of_environment(session, name)
  return not (session.profile and session.profile.isolated) and environment.get(variable(name)) or nil
end

--- Reports whether the environment has a token for a service.
---@param session aws.Session
---@param name string  the service in signatures
---@return boolean
function M.is_set(session, name)
  return of_environment(session, name) ~= nil
end

--- Returns the token of a service.
---@param session aws.Session
---@param name string
---@return userdata? token  a sealed secret
---@return lanyard.Error? err
function M.token(session, name)
  local text = of_environment(session, name)
  if text then
    return credentials.secret(text)
  end
  local profile = session.profile or {}
  if profile.values and profile.values.sso_session then
    local sso = require "lanyard.aws.credentials.sso"
    return sso.token(session.context, profile.values, profile.sso_sessions, profile.name)
  end
  return nil, errors.new {
    code = "NoCredentials",
    message = ("no bearer token for %s: set %s, or sign in with a profile that has an sso_session")
      :format(name, variable(name)),
  }
end

return M
