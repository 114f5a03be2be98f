-- What a profile of the shared files means: the steps to its credentials. Nothing is read or called here.
-- https://docs.aws.amazon.com/sdkref/latest/guide/access-assume-role.html
--
--   local steps = profile.plan { name = "ops", profiles = {...}, sso_sessions = {...} }
--
-- The first step gives credentials of its own, by its kind (`profile` is where it stands):
--   keys          access_key_id, secret_access_key, session_token, account_id
--   source        source: "Environment" | "Ec2InstanceMetadata" | "EcsContainer"
--   web_identity  role_arn, token_file, session_name
--   sso           values (the profile's)
--   login         values
--   process       command, account_id
-- and each further one, of the kind assume, takes those before it to a role:
--   role_arn, session_name, external_id, mfa_serial, duration (seconds)

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

-- STS bounds it otherwise, by role; what is no number never reaches it.
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

local function web_identity_of(name, values)
  if not values.role_arn then
    return invalid("InvalidConfig", "profile '%s' has web_identity_token_file but not role_arn", name)
  end
  return {
    kind = "web_identity", profile = name, role_arn = values.role_arn,
    token_file = values.web_identity_token_file, session_name = values.role_session_name,
  }
end

-- A session of its own says where to sign in; what the profile repeats must not say otherwise.
local function check_sso_session(name, values, sessions)
  local session = sessions[values.sso_session]
  if not session then
    return invalid("InvalidConfig", "profile '%s' has sso_session = %s, but there is no section [sso-session %s]",
      name, values.sso_session, values.sso_session)
  end
  for _, key in ipairs { "sso_region", "sso_start_url" } do
    if not session[key] then
      return invalid("InvalidConfig", "section [sso-session %s], which profile '%s' names, has no %s",
        values.sso_session, name, key)
    elseif values[key] and values[key] ~= session[key] then
      return invalid("InvalidConfig", "profile '%s' has another %s than section [sso-session %s], which it names: "
        .. "leave it to that section", name, key, values.sso_session)
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
      return invalid("InvalidConfig", "profile '%s' signs in by IAM Identity Center, but has no %s", name, key)
    end
  end
  return { kind = "sso", profile = name, values = values }
end

-- What a profile without a role of its own has, in the order of the AWS CLI | nil where it has nothing
local function base_of(name, values, sessions)
  local by_sso = values.sso_session
  for _, key in ipairs(LEGACY_SSO) do
    by_sso = by_sso or values[key]
  end
  -- Where to sign in, without a role to sign in to, may be there for other tools.
  local other = has_keys(values) or values.login_session or values.credential_process
  if by_sso and (values.sso_account_id or values.sso_role_name or not other) then
    return sso_of(name, values, sessions)
  elseif has_keys(values) then
    return keys_of(name, values)
  elseif values.login_session then
    return { kind = "login", profile = name, values = values }
  elseif values.credential_process then
    return {
      kind = "process", profile = name, command = values.credential_process, account_id = values.aws_account_id,
    }
  end
end

-- A step to a role, and where the credentials for it come from: a step, or a profile by its name.
local function role_of(name, values)
  local profile, source = values.source_profile, values.credential_source
  local why
  if profile and source then
    why = "both source_profile and credential_source: one of them must go"
  elseif not (profile or source) then
    why = "role_arn but neither source_profile nor credential_source"
  elseif source and not SOURCES[source:lower()] then
    why = ("credential_source = %s: Environment, Ec2InstanceMetadata or EcsContainer is expected"):format(source)
  end
  if why then
    return invalid("InvalidConfig", "profile '%s' has %s", name, why)
  end
  local role, err = assume_of(name, values)
  if not role then
    return nil, err
  end
  return role, profile or { kind = "source", profile = name, source = SOURCES[source:lower()] }
end

-- The step of one profile on the way (`previous` names it as its source), and where the credentials for
-- it come from: nil, a step, a profile by its name | nil, why there is none | nil, err
local function read(profile, name, previous)
  local values = profile.profiles[name]
  if not values and previous then
    return invalid("InvalidConfig", "profile '%s' has source_profile = %s, but there is no such profile",
      previous, name)
  elseif not values then
    return nil, ("there is no profile '%s'"):format(name)
  elseif previous and has_keys(values) then
    return keys_of(name, values)
  elseif values.web_identity_token_file then
    return web_identity_of(name, values)
  elseif values.role_arn then
    return role_of(name, values)
  end
  local base, err = base_of(name, values, profile.sso_sessions)
  if base or err then
    return base, err
  elseif previous then
    return invalid("InvalidConfig", "profile '%s', the source_profile of '%s', has no credentials", name, previous)
  end
  return nil, ("profile '%s' has no credentials"):format(name)
end

-- plan(profile) --> steps | nil, why there are none (a text) | nil, err
-- profile: name, profiles, sso_sessions, as lanyard.aws.config.load gives them
function M.plan(profile)
  local steps, path, seen = {}, {}, {}
  local name = profile.name
  repeat
    local previous = path[#path]
    path[#path + 1] = name
    -- A profile with keys may be its own source; any other second visit is a loop.
    if seen[name] and not (previous == name and has_keys(profile.profiles[name])) then
      return invalid("InvalidConfig", "these profiles are each other's source_profile, without end: %s",
        table.concat(path, " -> "))
    end
    seen[name] = true
    local step, source = read(profile, name, previous)
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
