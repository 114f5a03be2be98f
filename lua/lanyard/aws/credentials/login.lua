--- Gets the credentials of a console sign-in from the file that `aws login` writes.
--- https://docs.aws.amazon.com/sdkref/latest/guide/feature-login-credentials.html
---
--- The file contains keys that are valid for minutes, and a refresh token. To use the token, a request needs a proof
--- (DPoP, RFC 9449) signed with the private key in the file.

local credentials = require "lanyard.credentials"
local environment = require "lanyard.environment"
local errors = require "lanyard.errors"
local timestamp = require "lanyard.text.timestamp"
local json = require "lanyard.json"
local jws = require "lanyard.jws"
local crypto = require "lanyard.crypto"
local uuid = require "lanyard.aws.uuid"
local token_file = require "lanyard.aws.credentials.token_file"

local M = {}

local SECRETS = { "secretAccessKey", "sessionToken", "refreshToken", "dpopKey", "idToken" }
local REQUIRED = { "accessToken", "refreshToken", "dpopKey", "clientId" }
local REFRESH_WINDOW = 5 * 60 -- seconds before the keys expire

local function sign_in(name, reason)
  return token_file.sign_in("aws login", name, reason)
end

-- Returns the path of the token file | nil, message
local function path_of(login_session)
  local folder, message = environment.expand_path(environment.get "AWS_LOGIN_CACHE_DIRECTORY" or "~/.aws/login/cache")
  return folder and folder .. "/" .. crypto.sha256_hex(login_session) .. ".json", message
end

-- Returns the fields of the file, and `expires` in seconds since 1970 | nil, err
local function read_token(path, name)
  local token, err = token_file.read(path, SECRETS)
  if not token then
    return sign_in(name, err.code == "NotFound" and ("not signed in (%s does not exist)"):format(path) or err.message)
  end
  for _, member in ipairs(REQUIRED) do
    if not token[member] then
      return sign_in(name, ("%s has no %s"):format(path, member))
    end
  end
  local keys = token.accessToken
  token.expires = type(keys) == "table" and timestamp.parse(keys.expiresAt)
  if not (token.expires and keys.secretAccessKey and keys.sessionToken) or type(keys.accessKeyId) ~= "string" then
    return sign_in(name, path .. " has no complete keys")
  end
  return token
end

-- Returns the proof for one request | nil, reason
local function proof_of(context, token, url)
  local key, err = jws.key(token.dpopKey)
  if not key then
    return nil, "its dpopKey is " .. err.message
  end
  local _ <close> = key
  return key:sign("dpop+jwt", json.encode {
    htm = "POST", htu = url, iat = math.floor(context.time()), jti = uuid(),
  })
end

-- Explains an error of the sign-in service. Returns nil, err
local function failed(name, err)
  if err.reason == "TOKEN_EXPIRED" then
    return sign_in(name, "the sign-in has expired")
  elseif err.reason == "USER_CREDENTIALS_CHANGED" then
    return sign_in(name, "the password or the MFA devices of the user have changed")
  end
  local tip = err.reason == "INSUFFICIENT_PERMISSIONS"
    and "the user needs the permission signin:CreateOAuth2Token" or err.tip
  return nil, errors.new {
    code = err.code, message = ("profile '%s': the sign-in could not be renewed: %s"):format(name, tostring(err)),
    tip = tip, status = err.status, request_id = err.request_id,
  }
end

-- Returns the renewed token, which is stored, too | nil, err
local function refresh(context, token, path, name)
  local client, err = context.client("signin", { region = context.region, unsigned = true, sealed = true })
  if not client then
    return failed(name, err)
  end
  local proof, reason = proof_of(context, token, client.endpoint .. "/v1/token")
  if not proof then
    return sign_in(name, reason)
  end
  local reply
  reply, err = client:call("CreateOAuth2Token", {
    proof = proof,
    tokenInput = { clientId = token.clientId, refreshToken = token.refreshToken, grantType = "refresh_token" },
  })
  if not reply then
    return failed(name, err)
  end
  local output = reply.tokenOutput
  local keys = type(output.accessToken) == "table" and output.accessToken or {}
  local seconds = math.tointeger(output.expiresIn)
  if type(keys.accessKeyId) ~= "string"
    or not (keys.secretAccessKey and keys.sessionToken and output.refreshToken and seconds) then
    return failed(name, errors.new { code = "InvalidResponse", message = "the reply is incomplete" })
  end
  token.expires = nil
  local expires = math.floor(context.time()) + seconds
  token.accessToken = {
    accessKeyId = keys.accessKeyId, secretAccessKey = keys.secretAccessKey, sessionToken = keys.sessionToken,
    accountId = token.accessToken.accountId, expiresAt = timestamp.format(expires),
  }
  token.refreshToken = output.refreshToken
  token_file.store(context, path, token)
  token.expires = expires
  return token
end

--- Gets the credentials of a profile, and renews them before they expire.
---@param context aws.CredentialsContext
---@param values table<string, string>  the settings of the profile
---@param name string                   the name of the profile
---@return userdata? credentials
---@return lanyard.Error? err
function M.load(context, values, name)
  if type(values.login_session) ~= "string" then
    return nil, errors.new {
      code = "InvalidConfig", message = ("profile '%s' has a login_session with nested settings"):format(name),
    }
  end
  local path, message = path_of(values.login_session)
  if not path then
    return sign_in(name, "its token cannot be found: " .. message)
  end
  local token, err = read_token(path, name)
  if not token then
    return nil, err
  end
  if token.expires - context.time() <= REFRESH_WINDOW then
    local _ <close> = token_file.lock(context, path)
    token = read_token(path, name) or token
    local renewed = token
    if token.expires - context.time() <= REFRESH_WINDOW then
      renewed, err = refresh(context, token, path, name)
    end
    -- Another tool, without a lock, can have renewed the sign-in meanwhile. The current keys are usable until they
    -- expire.
    token = renewed or read_token(path, name)
    if not (token and token.expires > context.time()) then
      return nil, err
    end
  end
  local keys = token.accessToken
  return credentials.new {
    access_key_id = keys.accessKeyId,
    secret_access_key = keys.secretAccessKey,
    session_token = keys.sessionToken,
    expires = token.expires,
    account_id = type(keys.accountId) == "string" and keys.accountId or nil,
    source = ("profile '%s'"):format(name),
  }
end

return M
