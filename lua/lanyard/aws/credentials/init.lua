--- Resolves credentials through a chain of providers. The first provider that has credentials is used.
---
---     local keys, steps, err = chain.resolve(context)
---
--- A provider is { name, find }. find(context) returns credentials, or nil and a reason (text) to continue with the
--- next provider, or nil and an error to stop: the provider is configured, but has no credentials.

---@class aws.CredentialsContext
---@field profile aws.Profile
---@field credentials? userdata  given by the script
---@field region? string
---@field transport fun(request: table): table?, lanyard.Error?  lanyard.http.request
---@field time fun(): number     seconds since 1970
---@field sleep fun(seconds: number)
---@field client fun(service: string, options: table): aws.Client?, lanyard.Error?
---@field ask? fun(prompt: string): string?  returns nil without a terminal
---@field debug? fun(line: string)

local credentials = require "lanyard.credentials"
local errors = require "lanyard.errors"
local lazy = require "lanyard.lazy"
local timestamp = require "lanyard.text.timestamp"

local profile = lazy "lanyard.aws.credentials.profile"

local M = {}

local function variable(name)
  local value = os.getenv(name)
  return value and value:find "%S" and value or nil
end

-- Loads the module of a provider when it is needed.
local function provider_module(name)
  return require("lanyard.aws.credentials." .. name)
end

-- ---------------------------------------------------------------------------------------------
-- The environment

-- Returns credentials | nil, reason | nil, err
local function environment_keys(context)
  local expiration = variable "AWS_CREDENTIAL_EXPIRATION"
  local expires = timestamp.parse(expiration)
  if expiration and not expires then
    return nil, errors.new {
      code = "InvalidConfig",
      message = ("AWS_CREDENTIAL_EXPIRATION is '%s': a time like 2026-01-31T12:00:00Z is expected")
        :format(expiration),
    }
  end
  local found, err = credentials.from_environment { expires = expires, account_id = variable "AWS_ACCOUNT_ID" }
  if not found then
    return nil, err.code == "NotConfigured" and err.message or err
  elseif expires and expires <= context.time() then
    return nil, errors.new {
      code = "ExpiredToken",
      message = ("the credentials of the environment expired at %s (AWS_CREDENTIAL_EXPIRATION)")
        :format(expiration),
    }
  end
  return found
end

-- A profile that a script or an option names takes precedence over the environment, as in the AWS CLI. One that
-- AWS_PROFILE names does not.
local SKIPPED = "skipped: a profile was named"

local function environment(context)
  if context.profile.explicit then
    return nil, SKIPPED
  end
  return environment_keys(context)
end

-- The role and the session name can also be in a profile with a web identity of its own, as for the AWS CLI.
local function environment_web_identity(context)
  local file, role = variable "AWS_WEB_IDENTITY_TOKEN_FILE", variable "AWS_ROLE_ARN"
  local own = context.profile.values.web_identity_token_file and context.profile.values or {}
  if context.profile.explicit then
    return nil, SKIPPED
  elseif not file then
    return nil, "AWS_WEB_IDENTITY_TOKEN_FILE is not set"
  elseif not (role or own.role_arn) then
    return nil, errors.new {
      code = "InvalidConfig", message = "AWS_WEB_IDENTITY_TOKEN_FILE is set, but AWS_ROLE_ARN is not",
    }
  end
  return provider_module "sts".web_identity(context, {
    role_arn = role or own.role_arn, token_file = file,
    session_name = variable "AWS_ROLE_SESSION_NAME" or own.role_session_name,
  })
end

-- Reports whether the web identity of the environment comes before the profile.
local function web_identity_is_first(context)
  return not (context.profile.explicit or profile.assumes_role(context.profile))
    and variable "AWS_WEB_IDENTITY_TOKEN_FILE" ~= nil
end

-- ---------------------------------------------------------------------------------------------
-- The profile

local function container(context)
  return provider_module "container".find(context)
end

local function instance(context)
  return provider_module "imds".find(context)
end

local NAMED_SOURCES = { Environment = environment_keys, EcsContainer = container, Ec2InstanceMetadata = instance }

-- The kinds of steps: each returns credentials | nil, err, from a step and the credentials of the step before.
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
  local found, reason = NAMED_SOURCES[step.source](context)
  if found or errors.is(reason) then
    return found, reason
  end
  return nil, errors.new {
    code = "NoCredentials",
    message = ("profile '%s' has credential_source = %s, which has no credentials: %s")
      :format(step.profile, step.source, reason),
  }
end

function STEPS.web_identity(context, step)
  return provider_module "sts".web_identity(context, step)
end

function STEPS.sso(context, step)
  return provider_module "sso".load(context, step.values, context.profile.sso_sessions, step.profile)
end

function STEPS.login(context, step)
  return provider_module "login".load(context, step.values, step.profile)
end

function STEPS.process(context, step)
  return provider_module "process".load(context, step)
end

function STEPS.assume(context, step, keys)
  return provider_module "sts".assume(context, step, keys)
end

local function profile_keys(context)
  if web_identity_is_first(context) then
    return nil, "not used: the web identity of the environment comes before the keys of a profile"
  end
  -- As for the AWS CLI, both variables take precedence over the web identity of a profile that no option names.
  local overrides = not context.profile.explicit
    and { role_arn = variable "AWS_ROLE_ARN", session_name = variable "AWS_ROLE_SESSION_NAME" } or nil
  local steps, reason = profile.plan(context.profile, overrides)
  if not steps then
    local unread = context.profile.unread
    return nil, unread and not errors.is(reason) and ("%s (%s)"):format(reason, unread) or reason
  end
  local keys
  for _, step in ipairs(steps) do
    keys, reason = STEPS[step.kind](context, step, keys)
    if not keys then
      return nil, reason
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

--- The providers, in order.
---@type { name: string, find: function }[]
M.CHAIN = {
  { name = "script", find = given },
  { name = "environment", find = environment },
  { name = "profile", find = profile_keys },
  { name = "web identity", find = environment_web_identity },
  { name = "container", find = container },
  { name = "instance", find = instance },
}

-- Describes the result of a provider.
local function outcome_of(found, reason)
  if not found then
    return tostring(reason)
  end
  local validity = found.expires and ", until " .. timestamp.format(found.expires) or ""
  return ("%s from %s%s"):format(found.access_key_id, found.source, validity)
end

--- Resolves credentials.
---@param context aws.CredentialsContext
---@return userdata? credentials
---@return { provider: string, outcome: string, chosen: boolean }[] steps  the result of each provider
---@return lanyard.Error? err  code "NoCredentials", "PartialCredentials" or another
function M.resolve(context)
  local steps, winner, err = {}, nil, nil
  for i, provider in ipairs(M.CHAIN) do
    local step = { provider = provider.name, outcome = "not used", chosen = false }
    steps[i] = step
    if not (winner or err) then
      local found, reason = provider.find(context)
      step.outcome, step.chosen = outcome_of(found, reason), found ~= nil
      winner = found
      err = not found and errors.is(reason) and reason or nil
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
  lines[#lines + 1] = "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or run aws configure, "
    .. "aws sso login or aws login,\nwhichever the profile uses"
  return nil, steps, errors.new {
    code = "NoCredentials",
    message = ("no credentials found (providers: %s)"):format(table.concat(names, ", ")),
    tip = table.concat(lines, "\n"),
  }
end

return M
