--- Plans how to get the credentials of a profile. Nothing is read or called.
--- https://docs.aws.amazon.com/sdkref/latest/guide/access-assume-role.html
---
---     local steps = profile.plan { name = "ops", profiles = {...}, sso_sessions = {...} }
---
--- Each step has a `kind` and the `profile` that defines it. The first step gets credentials:
---
---     keys          access_key_id, secret_access_key, session_token, account_id
---     source        source: "Environment" | "Ec2InstanceMetadata" | "EcsContainer"
---     web_identity  role_arn, token_file, session_name
---     sso           values (the settings of the profile)
---     login         values
---     process       command, account_id
---
--- Each further step, of the kind `assume`, uses them to assume a role:
---
---     role_arn, session_name, external_id, mfa_serial, duration (seconds)

local errors = require "lanyard.errors"

local M = {}

local SOURCES = {}
for _, name in ipairs { "Environment", "Ec2InstanceMetadata", "EcsContainer" } do
  SOURCES[name:lower()] = name
end

local LEGACY_SSO = { "sso_start_url", "sso_region", "sso_account_id", "sso_role_name" }

local function invalid(code, format, ...)
  return nil, errors.new { code = code, message = format:format(...) }
end

local function keys_of(name, values)
  local id, key = values.aws_access_key_id, values.aws_secret_access_key
  if not (id and key) then
    return invalid("PartialCredentials", "profile '%s' has %s but not %s", name,
      id and "aws_access_key_id" or "aws_secret_access_key", id and "aws_secret_access_key" or "aws_access_key_id")
  end
  return {
    kind = "keys", profile = name, access_key_id = id, secret_access_key = key,
    session_token = values.aws_session_token or values.aws_security_token,
    account_id = values.aws_account_id,
  }
end

local function has_keys(values)
  return values.aws_access_key_id or values.aws_secret_access_key
end

-- STS checks the limits, which depend on the role.
local function duration_of(name, values)
  local text = values.duration_seconds
  local seconds = math.tointeger(tonumber(text))
  if text and not (seconds and seconds > 0) then
    return invalid("InvalidConfig", "duration_seconds of profile '%s' is '%s': a whole number of seconds is expected",
      name, text)
  end
  return seconds
end

local function assume_of(name, values)
  local duration, err = duration_of(name, values)
  if err then
    return nil, err
  end
  return {
    kind = "assume", profile = name, role_arn = values.role_arn,
    session_name = values.role_session_name, external_id = values.external_id,
    mfa_serial = values.mfa_serial, duration = duration,
  }
end

-- overrides: the role and the session name of the environment
local function web_identity_of(name, values, overrides)
  local role_arn = overrides.role_arn or values.role_arn
  if not role_arn then
    return invalid("InvalidConfig", "profile '%s' has web_identity_token_file but not role_arn", name)
  end
  return {
    kind = "web_identity", profile = name, role_arn = role_arn, token_file = values.web_identity_token_file,
    session_name = overrides.session_name or values.role_session_name,
  }
end

-- An sso-session section defines where to sign in. A setting that the profile repeats must be equal.
local function check_sso_session(name, values, sessions)
  local session = sessions[values.sso_session]
  if not session then
    return invalid("InvalidConfig", "profile '%s' has sso_session = %s, but section [sso-session %s] does not exist",
      name, values.sso_session, values.sso_session)
  end
  for _, key in ipairs { "sso_region", "sso_start_url" } do
    if not session[key] then
      return invalid("InvalidConfig", "section [sso-session %s], used by profile '%s', has no %s",
        values.sso_session, name, key)
    elseif values[key] and values[key] ~= session[key] then
      return invalid("InvalidConfig", "profile '%s' has another %s than its section [sso-session %s]: remove it from "
        .. "the profile", name, key, values.sso_session)
    end
  end
  return true
end

local function sso_of(name, values, sessions)
  if values.sso_session then
    local ok, err = check_sso_session(name, values, sessions)
    if not ok then
      return nil, err
    end
  end
  for _, key in ipairs(LEGACY_SSO) do
    local needed = not values.sso_session or key:find "account" or key:find "role"
    local paired = values.sso_account_id or values.sso_role_name or not values.sso_session
    if needed and paired and not values[key] then
      return invalid("InvalidConfig", "profile '%s' signs in through IAM Identity Center, but has no %s", name, key)
    end
  end
  return { kind = "sso", profile = name, values = values }
end

-- Returns the step of a profile without a role, in the order of the AWS CLI | nil if it has no credentials | nil, err
-- Keys in the credentials file come before a login and a command, keys in the config file after them.
local function base_of(name, values, sessions, keys_last)
  local by_sso = values.sso_session
  for _, key in ipairs(LEGACY_SSO) do
    by_sso = by_sso or values[key]
  end
  -- Sign-in settings without a role can be meant for other tools.
  local other = has_keys(values) or values.login_session or values.credential_process
  if by_sso and (values.sso_account_id or values.sso_role_name or not other) then
    return sso_of(name, values, sessions)
  elseif has_keys(values) and not keys_last then
    return keys_of(name, values)
  elseif values.login_session then
    return { kind = "login", profile = name, values = values }
  elseif values.credential_process then
    return {
      kind = "process", profile = name, command = values.credential_process, account_id = values.aws_account_id,
    }
  elseif has_keys(values) then
    return keys_of(name, values)
  end
end

-- Returns the step to a role, and the source of the credentials for it: a step, or the name of a profile.
local function role_of(name, values)
  local profile, source = values.source_profile, values.credential_source
  local flaw
  if profile and source then
    flaw = "both source_profile and credential_source: remove one of them"
  elseif not (profile or source) then
    flaw = "role_arn but neither source_profile nor credential_source"
  elseif source and not SOURCES[source:lower()] then
    flaw = ("credential_source = %s: Environment, Ec2InstanceMetadata or EcsContainer is expected"):format(source)
  end
  if flaw then
    return invalid("InvalidConfig", "profile '%s' has %s", name, flaw)
  end
  local role, err = assume_of(name, values)
  if not role then
    return nil, err
  end
  return role, profile or { kind = "source", profile = name, source = SOURCES[source:lower()] }
end

-- Returns the step of one profile, and the source of the credentials for it: nil, a step, or the name of a profile
-- | nil, reason | nil, err. `previous` is the profile that has this one as its source_profile.
local function read(profile, name, previous, overrides)
  local values = profile.profiles[name]
  if not values and previous then
    return invalid("InvalidConfig", "profile '%s' has source_profile = %s, which does not exist",
      previous, name)
  elseif not values then
    return nil, ("profile '%s' does not exist"):format(name)
  elseif values.web_identity_token_file then
    return web_identity_of(name, values, previous and {} or overrides)
  elseif values.role_arn and not (previous and has_keys(values)) then
    return role_of(name, values)
  end
  local base, err = base_of(name, values, profile.sso_sessions, (profile.keys_in or {})[name] == "config")
  if base or err then
    return base, err
  elseif previous then
    return invalid("InvalidConfig", "profile '%s', the source_profile of '%s', has no credentials", name, previous)
  end
  return nil, ("profile '%s' has no credentials"):format(name)
end

--- Reports whether a profile assumes a role with the credentials of another source. The AWS CLI uses such a profile
--- before the web identity of the environment, and any other one after it.
---@param profile aws.Profile
---@return boolean
function M.assumes_role(profile)
  local values = profile.profiles[profile.name] or {}
  return values.role_arn ~= nil and values.web_identity_token_file == nil
end

--- Plans the steps to the credentials of a profile.
---@param profile aws.Profile
---@param overrides? { role_arn?: string, session_name?: string }  what the environment sets for a web identity
---@return table[]? steps
---@return string|lanyard.Error|nil reason  why the profile has no credentials, or the error
function M.plan(profile, overrides)
  local steps, path, visited = {}, {}, {}
  local name = profile.name
  repeat
    local previous = path[#path]
    path[#path + 1] = name
    -- A profile with keys can be its own source. Any other second visit is a loop.
    if visited[name] and not (previous == name and has_keys(profile.profiles[name])) then
      return invalid("InvalidConfig", "the source_profile settings form a loop: %s",
        table.concat(path, " -> "))
    end
    visited[name] = true
    local step, source = read(profile, name, previous, overrides or {})
    if not step then
      return nil, source
    end
    table.insert(steps, 1, step)
    if type(source) == "table" then
      table.insert(steps, 1, source)
      source = nil
    end
    name = source
  until not name
  return steps
end

return M
