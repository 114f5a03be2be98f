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
local timestamp = require "lanyard.text.timestamp"
local profile = require "lanyard.aws.credentials.profile"

local M = {}

local function variable(name)
  local value = os.getenv(name)
  return value and value:find "%S" and value or nil
end

-- A provider that is seldom needed is not read before it is.
local function room(name)
  return require("lanyard.aws.credentials." .. name)
end

-- ---------------------------------------------------------------------------------------------
-- The environment

-- --> credentials | nil, why not | nil, err
local function environment_keys(context)
  local ends = variable "AWS_CREDENTIAL_EXPIRATION"
  local expires = timestamp.parse(ends)
  if ends and not expires then
    return nil, errors.new {
      code = "InvalidConfig",
      message = ("AWS_CREDENTIAL_EXPIRATION is '%s': a time like 2026-01-31T12:00:00Z is expected"):format(ends),
    }
  end
  local found, err = credentials.from_environment { expires = expires, account_id = variable "AWS_ACCOUNT_ID" }
  if not found then
    return nil, err.code == "NotConfigured" and err.message or err
  elseif expires and expires <= context.time() then
    return nil, errors.new {
      code = "ExpiredToken",
      message = ("the credentials of the environment expired at %s (AWS_CREDENTIAL_EXPIRATION)"):format(ends),
    }
  end
  return found
end

-- A profile named in the script or by an option passes over the environment, as in the AWS CLI; one
-- named by AWS_PROFILE does not: the environment is what the SDKs look at first.
local PASSED_OVER = "passed over: a profile was named"

local function environment(context)
  if context.profile.explicit then
    return nil, PASSED_OVER
  end
  return environment_keys(context)
end

local function environment_web_identity(context)
  local file, role = variable "AWS_WEB_IDENTITY_TOKEN_FILE", variable "AWS_ROLE_ARN"
  if context.profile.explicit then
    return nil, PASSED_OVER
  elseif not file then
    return nil, "AWS_WEB_IDENTITY_TOKEN_FILE is not set"
  elseif not role then
    return nil, errors.new {
      code = "InvalidConfig", message = "AWS_WEB_IDENTITY_TOKEN_FILE is set, but AWS_ROLE_ARN is not",
    }
  end
  return room "sts".web_identity(context, {
    role_arn = role, token_file = file, session_name = variable "AWS_ROLE_SESSION_NAME",
  })
end

-- ---------------------------------------------------------------------------------------------
-- The profile

local function container(context)
  return room "container".find(context)
end

local function instance(context)
  return room "imds".find(context)
end

local NAMED_SOURCES = { Environment = environment_keys, EcsContainer = container, Ec2InstanceMetadata = instance }

-- What each kind of step does: f(context, step, the credentials so far) --> credentials | nil, err
local STEPS = {}

function STEPS.keys(_, step)
  return credentials.new {
    access_key_id = step.access_key_id,
    secret_access_key = step.secret_access_key,
    session_token = step.session_token,
    account_id = step.account_id,
    source = ("profile '%s'"):format(step.profile),
  }
end

function STEPS.source(context, step)
  local found, why = NAMED_SOURCES[step.source](context)
  if found or errors.is(why) then
    return found, why
  end
  return nil, errors.new {
    code = "NoCredentials",
    message = ("profile '%s' has credential_source = %s, which has none: %s"):format(step.profile, step.source, why),
  }
end

function STEPS.web_identity(context, step)
  return room "sts".web_identity(context, step)
end

function STEPS.sso(context, step)
  return room "sso".load(context, step.values, context.profile.sso_sessions, step.profile)
end

function STEPS.login(context, step)
  return room "login".load(context, step.values, step.profile)
end

function STEPS.process(context, step)
  return room "process".load(context, step)
end

function STEPS.assume(context, step, keys)
  return room "sts".assume(context, step, keys)
end

local function profile_keys(context)
  local steps, why = profile.plan(context.profile)
  if not steps then
    local unread = context.profile.unread
    return nil, unread and not errors.is(why) and ("%s (%s)"):format(why, unread) or why
  end
  local keys
  for _, step in ipairs(steps) do
    keys, why = STEPS[step.kind](context, step, keys)
    if not keys then
      return nil, why
    end
  end
  return keys
end

-- ---------------------------------------------------------------------------------------------
-- The chain

local function given(context)
  if context.credentials then
    return context.credentials
  end
  return nil, "none given"
end

M.CHAIN = {
  { name = "script", find = given },
  { name = "environment", find = environment },
  { name = "profile", find = profile_keys },
  { name = "web identity", find = environment_web_identity },
  { name = "container", find = container },
  { name = "instance", find = instance },
}

-- What came of a provider, for a person.
local function outcome_of(found, why)
  if not found then
    return tostring(why)
  end
  local ends = found.expires and ", until " .. timestamp.format(found.expires) or ""
  return ("%s from %s%s"):format(found.access_key_id, found.source, ends)
end

-- resolve(context) --> credentials, steps
--   | nil, steps, err { code = "NoCredentials" | "PartialCredentials" | ... }
-- steps: of each provider that was asked, and those behind it, { provider, outcome, chosen }
function M.resolve(context)
  local steps, winner, err = {}, nil, nil
  for i, provider in ipairs(M.CHAIN) do
    local step = { provider = provider.name, outcome = "not asked", chosen = false }
    steps[i] = step
    if not (winner or err) then
      local found, why = provider.find(context)
      step.outcome, step.chosen = outcome_of(found, why), found ~= nil
      winner = found
      err = not found and errors.is(why) and why or nil
    end
  end
  if winner or err then
    return winner, steps, err
  end
  local names, lines = {}, {}
  for _, step in ipairs(steps) do
    if step.provider ~= "script" then
      names[#names + 1] = step.provider
      lines[#lines + 1] = ("%s: %s"):format(step.provider, step.outcome)
    end
  end
  lines[#lines + 1] = "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or run aws configure"
  return nil, steps, errors.new {
    code = "NoCredentials",
    message = ("no credentials: %s have none"):format(table.concat(names, ", ")),
    tip = table.concat(lines, "\n"),
  }
end

return M
