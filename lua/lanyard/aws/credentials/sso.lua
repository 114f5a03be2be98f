--- Gets credentials from IAM Identity Center, with the token that `aws sso login` writes.
--- https://docs.aws.amazon.com/sdkref/latest/guide/feature-sso-credentials.html
---
--- Profiles with the same sso_session share its token, which this module renews. A profile with its own start URL (the
--- older form) has a token that only a new sign-in renews.

local credentials = require "lanyard.credentials"
local environment = require "lanyard.environment"
local errors = require "lanyard.errors"
local timestamp = require "lanyard.text.timestamp"
local crypto = require "lanyard.crypto"
local names = require "lanyard.aws.names"
local token_file = require "lanyard.aws.credentials.token_file"

local M = {}

local SECRETS = { "accessToken", "refreshToken", "clientSecret" }
local FOR_REFRESH = { "refreshToken", "clientId", "clientSecret", "registrationExpiresAt" }
local REFRESH_WINDOW = 15 * 60 -- seconds before a token expires

local function sign_in(name, reason)
  return token_file.sign_in("aws sso login", name, reason)
end

local function failed(name, err, what)
  return nil, errors.new {
    code = err.code, message = ("profile '%s' %s: %s"):format(name, what, tostring(err)), tip = err.tip,
    status = err.status, request_id = err.request_id,
  }
end

-- Returns the path of the token file of a session or a start URL | nil, message
local function path_of(key)
  return environment.expand_path("~/.aws/sso/cache/" .. crypto.sha1_hex(key) .. ".json")
end

-- Returns the fields of the file, and `expires` in seconds since 1970 | nil, err
local function read_token(path, name)
  local token, err = token_file.read(path, SECRETS)
  if not token then
    return sign_in(name, err.code == "NotFound" and ("not signed in (%s does not exist)"):format(path) or err.message)
  end
  token.expires = timestamp.parse(token.expiresAt)
  if not (token.accessToken and token.expires) then
    return sign_in(name, path .. " has no token with an expiration")
  end
  return token
end

-- ---------------------------------------------------------------------------------------------
-- Refreshing

local function can_refresh(context, token)
  for _, member in ipairs(FOR_REFRESH) do
    if not token[member] then
      return false
    end
  end
  local expires = timestamp.parse(token.registrationExpiresAt)
  return expires and expires > context.time()
end

-- Returns the renewed token, which is stored, too | nil, reason
local function refresh(context, token, path, session)
  local client, err = context.client("sso-oidc", { region = session.sso_region, unsigned = true, sealed = true })
  if not client then
    return nil, err.message
  end
  local reply
  reply, err = client:call("CreateToken", {
    grantType = "refresh_token", clientId = token.clientId, clientSecret = token.clientSecret,
    refreshToken = token.refreshToken,
  })
  local seconds = reply and math.tointeger(reply.expiresIn)
  if not reply then
    return nil, tostring(err)
  elseif not (reply.accessToken and seconds) then
    return nil, "the reply has no token with an expiration"
  end
  local expires = math.floor(context.time()) + seconds
  local renewed = {}
  for member, value in pairs(token) do
    renewed[member] = value
  end
  renewed.expires = nil
  renewed.startUrl, renewed.region = session.sso_start_url, session.sso_region
  renewed.accessToken, renewed.expiresAt = reply.accessToken, timestamp.format(expires)
  renewed.refreshToken = reply.refreshToken or token.refreshToken
  token_file.store(context, path, renewed)
  renewed.expires = expires
  return renewed
end

-- Returns the token of a session, renewed if it expires soon | nil, err. If it cannot be renewed, the current one is
-- used until it expires, or one that another process has renewed meanwhile.
local function session_token(context, path, session, name)
  local token, err = read_token(path, name)
  if not token then
    return nil, err
  elseif token.expires - context.time() >= REFRESH_WINDOW then
    return token
  end
  local _ <close> = token_file.lock(context, path)
  token = read_token(path, name) or token
  if token.expires - context.time() >= REFRESH_WINDOW then
    return token
  end
  local reason = "the sign-in has expired"
  if can_refresh(context, token) then
    local renewed, failure = refresh(context, token, path, session)
    if renewed then
      return renewed
    end
    reason = ("the sign-in could not be renewed (%s)"):format(failure)
    token = read_token(path, name) or token
    if context.debug then
      context.debug(("profile '%s': %s"):format(name, reason))
    end
  end
  if token.expires <= context.time() then
    return sign_in(name, reason)
  end
  return token
end

local function legacy_token(context, path, name)
  local token, err = read_token(path, name)
  if token and token.expires <= context.time() then
    return sign_in(name, "the sign-in has expired")
  end
  return token, err
end

-- ---------------------------------------------------------------------------------------------
-- The role

local function check(values, session, name)
  for _, key in ipairs { "sso_account_id", "sso_role_name", "sso_region", "sso_start_url" } do
    local value = values[key] or session and session[key]
    if type(value) ~= "string" then
      return nil, errors.new {
        code = "InvalidConfig", message = ("profile '%s' signs in through IAM Identity Center, but has no %s")
          :format(name, key),
      }
    end
  end
  local ok, message = names.region((session or values).sso_region)
  if not ok then
    return nil, errors.new {
      code = "InvalidConfig", message = ("sso_region of profile '%s': %s"):format(name, message),
    }
  end
  return true
end

local function role_credentials(context, values, region, token, name)
  local client, err = context.client("sso", { region = region, unsigned = true, sealed = true })
  if not client then
    return failed(name, err, "cannot call IAM Identity Center")
  end
  local reply
  reply, err = client:call("GetRoleCredentials", {
    roleName = values.sso_role_name, accountId = values.sso_account_id, accessToken = token.accessToken,
  })
  if not reply and err.status == 401 then
    return sign_in(name, "IAM Identity Center rejects the sign-in")
  elseif not reply then
    return failed(name, err, ("cannot get credentials of role %s in account %s"):format(values.sso_role_name,
      values.sso_account_id))
  end
  return reply.roleCredentials or {}
end

-- Returns the token of a profile | nil, err
local function token_of(context, values, session, name)
  local path, message = path_of(session and values.sso_session or values.sso_start_url)
  if not path then
    return sign_in(name, "its token cannot be found: " .. message)
  elseif session then
    return session_token(context, path, session, name)
  end
  return legacy_token(context, path, name)
end

--- Returns the token of a profile's sign-in, as services with bearer tokens take it.
---@param context aws.CredentialsContext
---@param values table<string, string>           the settings of the profile, with sso_session
---@param sso_sessions table<string, table>      the sections [sso-session NAME]
---@param name string                            the name of the profile
---@return userdata? token  a sealed secret
---@return lanyard.Error? err
function M.token(context, values, sso_sessions, name)
  local session = sso_sessions[values.sso_session]
  if not session then
    return nil, errors.new {
      code = "InvalidConfig",
      message = ("profile '%s' has the sso_session '%s', which has no section"):format(name, values.sso_session),
    }
  end
  local token, err = token_of(context, values, session, name)
  return token and token.accessToken, err
end

--- Gets the credentials of a profile's role.
---@param context aws.CredentialsContext
---@param values table<string, string>           the settings of the profile
---@param sso_sessions table<string, table>      the sections [sso-session NAME]
---@param name string                            the name of the profile
---@return userdata? credentials
---@return lanyard.Error? err
function M.load(context, values, sso_sessions, name)
  local session = values.sso_session and sso_sessions[values.sso_session]
  local ok, err = check(values, session, name)
  if not ok then
    return nil, err
  end
  local token, role
  token, err = token_of(context, values, session, name)
  if not token then
    return nil, err
  end
  role, err = role_credentials(context, values, (session or values).sso_region, token, name)
  if not role then
    return nil, err
  end
  local expiration = math.tointeger(role.expiration) -- milliseconds since 1970
  if type(role.accessKeyId) ~= "string" or not (role.secretAccessKey and role.sessionToken and expiration) then
    return failed(name, errors.new { code = "InvalidResponse", message = "the reply is incomplete" },
      "cannot get credentials from IAM Identity Center")
  end
  return credentials.new {
    access_key_id = role.accessKeyId,
    secret_access_key = role.secretAccessKey,
    session_token = role.sessionToken,
    expires = expiration // 1000,
    account_id = values.sso_account_id,
    source = ("profile '%s'"):format(name),
  }
end

return M
