--- A session: one account, one Region, one set of credentials, and the clients that use them.
---
---     local session = assert(aws.session { region = "us-east-1", profile = "ops" })
---     local ecr = assert(session:client "ecr")
---     local other = session:assume("arn:aws:iam::111122223333:role/audit", { session_name = "nightly" })

local answers = require "lanyard.aws.answers"
local cache = require "lanyard.aws.credentials.cache"
local chain = require "lanyard.aws.credentials"
local client = require "lanyard.aws.client"
local config = require "lanyard.aws.config"
local endpoints = require "lanyard.aws.endpoints"
local http = require "lanyard.http"
local option_types = require "lanyard.aws.option_types"
local prompt = require "lanyard.prompt"
local services = require "lanyard.aws.services"
local session_settings = require "lanyard.aws.session_settings"

local M = {}

--- Settings of a session. One that is nil comes from the environment or the AWS config files.
---@class aws.SessionOptions
---@field profile? string          name of a profile
---@field region? string           "us-east-1"
---@field endpoint_url? string     replaces the endpoint of every service
---@field labels? table<string, string>  how messages call options that a person gave: { region = "--region" }
---@field credentials? userdata    of lanyard.credentials
---@field retry_mode? string       "standard" or "adaptive"
---@field max_attempts? integer   attempts of each call, with the first one
---@field many_calls? boolean      adaptive retries and more attempts, unless a setting says otherwise
---@field fips? boolean           use endpoints that are validated by FIPS 140
---@field dualstack? boolean      use endpoints with IPv6
---@field sts_endpoints? string    "regional" or "legacy"
---@field ca_bundle? string        path of a file with certificate authorities
---@field app_id? string           application name in the User-Agent
---@field connect_timeout? number  seconds; 0 for no limit
---@field timeout? number          seconds for each attempt; 0 for no limit
---@field debug? fun(line: string)  receives a log of the requests, without secrets
---@field on_retry? fun(err: lanyard.Error?, delay: number?)  is called before the wait for a retry (seconds), and with
---  nil after it
---@field ask? fun(prompt: string): string?  asks for the codes of MFA devices; the terminal by default
---@field transport? function      lanyard.http.request by default
---@field clock? lanyard.Clock      lanyard.clock by default
---@field sealed? boolean          of `aws.client`: return the secret members of replies as sealed secrets

--- One account, one Region, one set of credentials, and the clients that use them.
---@class aws.Session : aws.SessionSettings
local Session = {}
Session.__index = Session

-- Returns a session that differs from another one in these fields.
local function derived(session, fields)
  fields.caller = false
  return setmetatable(fields, { __index = session })
end

local function merged(first, second)
  local copy = {}
  for _, fields in ipairs { first, second } do
    for name, value in pairs(fields) do
      copy[name] = value
    end
  end
  return copy
end

-- ---------------------------------------------------------------------------------------------
-- Credentials

-- Returns the answer of the person at the terminal | nil without a terminal
local function ask_at_terminal(question)
  return prompt.possible() and prompt.ask(question) or nil
end

-- Returns a client for a provider of credentials. A given endpoint is meant for the calls that need the credentials, so
-- this client uses the endpoint of the settings.
local function client_of(session, service, options)
  local keys = options.credentials
  local own = derived(session, {
    region = options.region or session.region,
    endpoint_url = false,
    holder = { get = function() return keys end, expire = function() end },
  })
  return own:client(service, { unsigned = options.unsigned, sealed = options.sealed })
end

-- Returns the context of the providers of credentials (see lanyard.aws.credentials).
local function context_of(session, given, ask)
  return {
    profile = session.profile,
    credentials = given,
    region = session.region,
    transport = session.options.transport or http.request,
    client = function(service, options) return client_of(session, service, options) end,
    time = session.options.clock.time,
    sleep = session.options.clock.sleep,
    ask = ask,
    debug = session.options.debug,
  }
end

--- Creates a session. No call is made, except to find the Region of an EC2 instance.
---@param options aws.SessionOptions
---@param defaults aws.SessionOptions  used before the environment and the files, which are ignored if any is given
---@return aws.Session? session
---@return lanyard.Error? err
function M.new(options, defaults)
  local found, err = session_settings.load(options, defaults)
  if not found then
    return nil, err
  end
  local session = setmetatable(found, Session)
  session.shared = client.new_shared()
  session.context = context_of(session, options.credentials or defaults.credentials, options.ask or ask_at_terminal)
  session.holder = cache.new(function() return session:resolve() end, session.context)
  return session
end

--- Returns the credentials of the session. They are resolved once for all tasks, and again before they expire.
---@return userdata? credentials
---@return lanyard.Error? err
function Session:credentials()
  return self.holder:get()
end

--- Marks credentials as rejected by AWS: `credentials` resolves new ones.
---@param keys userdata
function Session:expire(keys)
  self.holder:expire(keys)
end

--- Resolves credentials through the chain of providers, without the cache.
---@return userdata? credentials
---@return lanyard.Error? err
function Session:resolve()
  local keys, steps, err = chain.resolve(self.context)
  self.steps = steps
  return keys, err
end

--- Returns how the credentials were resolved: the providers in order, with the outcome of each. Resolves them if that
--- has not happened.
---@return { provider: string, outcome: string, chosen: boolean }[]
function Session:explain()
  if not self.steps then
    self:credentials()
  end
  return self.steps
end

-- ---------------------------------------------------------------------------------------------
-- Clients

--- Returns the endpoint of a service. `source` names where its URL is configured; it is nil for AWS's own endpoints.
---@param service string
---@param metadata? table  of the service's model, if it is not described
---@param host? string  of its description
---@return { url: string, signing_region: string, partition: string, source?: string }? endpoint
---@return lanyard.Error? err
function Session:endpoint(service, metadata, host)
  local url, source = self.endpoint_url, self.endpoint_url and "the endpoint URL"
  if not url then
    url, source = config.endpoint(self.profile, metadata and metadata.serviceId or service)
    if not url and source then
      return nil, source
    end
  end
  local ok, err = session_settings.check_endpoint(url, source)
  if not ok then
    return nil, err
  end
  -- A configured endpoint is used as it is, as by the AWS CLI: the form of AWS's own endpoints does not matter.
  local endpoint
  service = metadata and metadata.endpointPrefix or service
  endpoint, err = endpoints.resolve(service, self.region, url and { endpoint = url } or {
    fips = self.fips, dualstack = self.dualstack, sts_global = self.sts_global, host = host,
  })
  if endpoint then
    endpoint.source = source
  end
  return endpoint, err
end

--- Creates a client of a service. Raises an error for a service that is neither described nor in AWS's models.
---@param service string               a name of `lanyard.aws.services`, such as "ecr" or "dynamodb"
---@param options? aws.ClientOptions   replace the options of the session
---@return aws.Client? client
---@return lanyard.Error? err
function Session:client(service, options)
  option_types.check(options, option_types.CLIENT, 2)
  local description = services.get(service, options)
  local endpoint, err = self:endpoint(service, description.model and description.model.metadata, description.host)
  if not endpoint then
    return nil, err
  end
  return client.new(self, description, endpoint, merged(self.options, options or {}))
end

-- ---------------------------------------------------------------------------------------------
-- Other sessions

--- Returns this session in another Region, with the same credentials.
---
--- ```lua
--- local session = assert(aws.session { region = "us-east-1" })
--- print(session:at("eu-west-1").region, session.region)
--- --> eu-west-1	us-east-1
--- ```
---@param region string
---@return aws.Session
function Session:at(region)
  return derived(self, { region = region })
end

local ROLE_OPTIONS = {
  session_name = true, external_id = true, duration = true, policy = true, policy_arns = true, tags = true,
  transitive_tags = true, source_identity = true, mfa = "mfa_serial",
}

--- How a role is assumed: the parameters of AssumeRole in AWS's API reference of STS.
---@class aws.AssumeOptions
---@field region? string           another Region than this session's
---@field session_name? string     the name of the role's session, in its ARN
---@field external_id? string      the id that the role's trust policy may demand
---@field duration? integer        seconds
---@field policy? string|policy.Document  restricts what the session may do
---@field policy_arns? string[]    managed policies that restrict it, too
---@field tags? table<string, string>  session tags
---@field transitive_tags? string[]  keys of the tags that later sessions keep
---@field source_identity? string  who uses the session, for CloudTrail
---@field mfa? string              serial number or ARN of an MFA device, whose code is asked for

--- Returns a session with the credentials of a role. They are requested with this session's credentials at the first
--- call, and again before they expire. Everything else is as in this session. Raises an error for an unknown option.
---
--- ```lua
--- local session = assert(aws.session { region = "us-east-1" })
--- local audit = session:assume("arn:aws:iam::111122223333:role/audit", {
---   session_name = "nightly" })
--- local identity, err = audit:identity() -- the first call assumes the role
--- print(identity, err.code)
--- --> nil	AccessDenied
--- ```
---@param role_arn string
---@param options? aws.AssumeOptions
---@return aws.Session
function Session:assume(role_arn, options)
  local step = { role_arn = role_arn }
  for name, value in pairs(options or {}) do
    local known = ROLE_OPTIONS[name]
    if not known and name ~= "region" then
      error(("session:assume has no option '%s'"):format(tostring(name)), 2)
    end
    step[known == true and name or known or name] = value
  end
  local assumed = derived(self, { region = step.region or self.region })
  local context = setmetatable({
    client = function(service, how) return self:client(service, { sealed = how.sealed }) end,
  }, { __index = self.context })
  assumed.steps = { { provider = "role", outcome = role_arn, chosen = true } }
  assumed.context = context
  assumed.holder = cache.new(function()
    return require("lanyard.aws.credentials.sts").assume(context, step)
  end, context)
  return assumed
end

-- ---------------------------------------------------------------------------------------------
-- The caller

--- Who calls, as STS sees it.
---@class aws.Identity
---@field account string  12 digits
---@field arn string  of the caller
---@field user_id string  the unique id of the caller

--- Returns the identity of the caller, from STS. It is requested once.
---@return aws.Identity? identity
---@return lanyard.Error? err
function Session:identity()
  if not self.caller then
    local sts, err = self:client "sts"
    if not sts then
      return nil, err
    end
    local reply
    reply, err = sts:GetCallerIdentity()
    if not reply then
      return nil, err
    end
    if not reply.Account:find "^%d+$" then -- it becomes a part of ARNs and paths
      return answers.invalid({ service = "sts", operation = "GetCallerIdentity" },
        ("the Account of the reply is '%s', not an account id"):format(reply.Account))
    end
    self.caller = { account = reply.Account, arn = reply.Arn, user_id = reply.UserId }
  end
  return self.caller
end

--- Returns what is known of the caller without a call to STS: its ARN if `identity` was called, or if STS returned it
--- with the credentials of a role.
---@return string? arn
---@return string? access_key_id  with which this session's requests are signed
function Session:known_caller()
  local keys = self:credentials()
  return self.caller and self.caller.arn or keys and keys.arn, keys and keys.access_key_id
end

--- Returns the account of the caller.
---@return string? account  12 digits
---@return lanyard.Error? err
function Session:account_id()
  local identity, err = self:identity()
  return identity and identity.account, err
end

return M
