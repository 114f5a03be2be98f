-- Where credentials come from: a chain of providers, the first that has some wins.
--
-- A provider is { name, find }: find(context) --> credentials | nil, why not (a text: the next one is
-- asked) | nil, err (it was meant to have some and has not: the search ends). The context is made by a
-- session, once, and has
--   profile      what lanyard.aws.config.load gives
--   credentials  given by the script | nil
--   region       the session's | nil
--   transport(request) --> reply | nil, err       as lanyard.http.request
--   time() --> seconds since 1970                 sleep(seconds)
--   client(service, { region =, credentials = | unsigned = true, sealed = true }) --> client | nil, err
--   ask(prompt) --> text | nil where there is nobody to ask
--   debug(line)  | nil

local credentials = require "lanyard.credentials"
local errors = require "lanyard.errors"

local M = {}

local function given(context)
  if context.credentials then
    return context.credentials
  end
  return nil, "none given"
end

local function environment(context)
  if context.profile.explicit then
    return nil, "passed over: a profile was named"
  end
  local found, err = credentials.from_environment()
  if not found and err.code == "NotConfigured" then
    return nil, err.message
  end
  return found, err
end

local function profile_keys(context)
  local profile = context.profile
  local values = profile.values
  local id, key = values.aws_access_key_id, values.aws_secret_access_key
  if not (id or key) then
    local others = {}
    for _, name in ipairs { "role_arn", "sso_session", "sso_start_url", "credential_process",
      "web_identity_token_file", "login_session" } do
      others[#others + 1] = values[name] and name or nil
    end
    if #others > 0 then
      return nil, ("profile '%s' has %s, which this version cannot use yet")
        :format(profile.name, table.concat(others, ", "))
    end
    return nil, ("profile '%s' has no aws_access_key_id"):format(profile.name)
  elseif not (id and key) then
    return nil, errors.new {
      code = "PartialCredentials",
      message = ("profile '%s' has %s but not %s"):format(profile.name,
        id and "aws_access_key_id" or "aws_secret_access_key",
        id and "aws_secret_access_key" or "aws_access_key_id"),
    }
  end
  return credentials.new {
    access_key_id = id,
    secret_access_key = key,
    session_token = values.aws_session_token or values.aws_security_token,
    account_id = values.aws_account_id,
    source = ("profile '%s'"):format(profile.name),
  }
end

M.CHAIN = {
  { name = "script", find = given },
  { name = "environment", find = environment },
  { name = "profile", find = profile_keys },
}

-- explain(context) --> list of { provider, outcome, chosen = bool }, credentials | nil, err | nil
function M.explain(context)
  local steps = {}
  for i, provider in ipairs(M.CHAIN) do
    local found, why = provider.find(context)
    steps[i] = { provider = provider.name, outcome = found and found.access_key_id or tostring(why), chosen = found }
    if found then
      return steps, found
    elseif errors.is(why) then
      return steps, nil, why
    end
  end
  return steps
end

-- resolve(context) --> credentials | nil, err { code = "NoCredentials" | "PartialCredentials" | ... }
function M.resolve(context)
  local steps, found, err = M.explain(context)
  if found or err then
    return found, err
  end
  local outcomes = {}
  for _, step in ipairs(steps) do
    if step.provider ~= "script" then
      outcomes[#outcomes + 1] = ("%s (%s)"):format(step.provider, step.outcome)
    end
  end
  return nil, errors.new {
    code = "NoCredentials",
    message = "no credentials: looked at " .. table.concat(outcomes, ", "),
    tip = "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or run aws configure",
  }
end

return M
