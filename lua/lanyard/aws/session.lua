-- A session: one account, one Region, one set of credentials, and the clients that use them.

local cache = require "lanyard.aws.credentials.cache"
local chain = require "lanyard.aws.credentials"
local client = require "lanyard.aws.client"
local clock = require "lanyard.clock"
local config = require "lanyard.aws.config"
local endpoints = require "lanyard.aws.endpoints"
local errors = require "lanyard.errors"
local http = require "lanyard.http"
local names = require "lanyard.aws.names"
local prompt = require "lanyard.prompt"
local proxy = require "lanyard.aws.proxy"
local retry = require "lanyard.aws.retry"
local services = require "lanyard.aws.services"
local settings = require "lanyard.aws.settings"

local M = {}

local CONNECT_TIMEOUT = 5
local TIMEOUT = 30

local Session = {}
Session.__index = Session

-- The URL may hold a user and a password: then it is not shown. No URL is none to complain of.
local function check_endpoint(url, source)
  local why
  if not url then
    return true
  elseif url:find "@" then
    why = "holds a user or a password, which no endpoint of AWS takes: leave out what stands before the @"
  elseif not url:lower():find "^https?://[^/?#%s]+[^?#%s]*$" then
    why = ("is '%s', which is no endpoint: write it as https://host or http://host:port"):format(url:gsub("%c", "?"))
  end
  if why then
    return nil, errors.new { code = "Usage", message = source .. " " .. why }
  end
  return true
end

-- Seconds of a timeout; 0 is no limit, as for the AWS CLI.
local function seconds(given, default)
  return given == 0 and math.huge or given or default
end

local READ = { "fips", "dualstack", "sts_endpoints", "retry_mode", "max_attempts", "ca_bundle", "app_id" }

-- What is read beside the Region --> { [name] = value }, { [name] = where it comes from } | nil, err
local function read_settings(profile, options, endpoint_url)
  local ok, err = check_endpoint(endpoint_url, "the endpoint URL")
  if ok then
    ok, err = proxy.in_force()
  end
  if not ok then
    return nil, err
  end
  local found, sources = {}, {}
  for _, name in ipairs(READ) do
    local value, source = settings.get(name, profile, options[name])
    if value == nil and source then
      return nil, source
    end
    found[name], sources[name] = value, source
  end
  return found, sources
end

-- The Region of the EC2 instance, where this is one --> Region, where it comes from | nil, why not | nil, err
local function region_of_instance(profile, options)
  local watch = options.clock or clock
  local region, why = require("lanyard.aws.credentials.imds").region {
    profile = profile,
    transport = options.transport or http.request,
    time = watch.time,
    sleep = watch.sleep,
    debug = options.debug,
  }
  return region, region and "the EC2 instance" or why
end

local function read_region(profile, given, options)
  local region, source = config.region(profile, given)
  if not region and source.code == "NoRegion" then
    local why
    region, why = region_of_instance(profile, options)
    if errors.is(why) then
      return nil, why
    elseif not region then
      source.tip = "an EC2 instance's would do, but " .. why
    end
    source = region and why or source
  end
  if not region then
    return nil, source
  end
  local ok, why = names.region(region)
  if not ok then
    return nil, errors.new { code = "InvalidRegion", message = ("%s (%s)"):format(why, source) }
  end
  return region, source
end

-- The profile of a process that has `defaults`: nothing of the machine counts.
local ISOLATED = {
  name = "default", isolated = true, values = {}, profiles = {}, services = {}, sso_sessions = {}, paths = {},
}

-- The person's answer | nil where there is no terminal
local function ask(question)
  return prompt.possible() and prompt.ask(question) or nil
end

-- A session that is another one but for these fields.
local function derived(session, fields)
  fields.caller = false
  return setmetatable(fields, { __index = session })
end

-- A client for what gets credentials. The endpoint that was given is the one of the calls that these are
-- for; here the settings say where a service is.
local function client_of(session, service, options)
  local keys = options.credentials
  local own = derived(session, {
    region = options.region or session.region,
    endpoint_url = false,
    holder = { get = function() return keys end, expire = function() end },
  })
  return own:client(service, { unsigned = options.unsigned, sealed = options.sealed })
end

-- What the providers of credentials get (see lanyard.aws.credentials).
local function context_of(session, given, asker)
  return {
    profile = session.profile,
    credentials = given,
    region = session.region,
    transport = session.options.transport or http.request,
    client = function(service, options) return client_of(session, service, options) end,
    time = session.options.clock.time,
    sleep = session.options.clock.sleep,
    ask = asker,
    debug = session.options.debug,
  }
end

-- new(options, defaults) --> session | nil, err
-- options: profile, region, endpoint_url, credentials, retry_mode, max_attempts, fips, dualstack,
-- sts_endpoints, ca_bundle, app_id, connect_timeout and timeout (in seconds, 0: none), debug(line),
-- many_calls (adaptive retries, and more attempts, where no setting says otherwise),
-- ask(prompt) --> text | nil (for the codes of MFA devices; whoever is at the terminal unless given),
-- transport, clock (lanyard.clock unless given). `defaults`, of the same form, stand before the environment
-- and the files, which are not read then.
function M.new(options, defaults)
  local profile = ISOLATED
  if next(defaults) == nil then
    local err
    profile, err = config.load(options.profile)
    if not profile then
      return nil, err
    end
  end
  local region, region_source = read_region(profile, options.region or defaults.region, options)
  if not region then
    return nil, region_source
  end
  local endpoint_url = options.endpoint_url or defaults.endpoint_url
  local found, sources = read_settings(profile, options, endpoint_url)
  if not found then
    return nil, sources
  end
  sources.region = region_source
  local session = setmetatable({
    region = region,
    profile = profile,
    endpoint_url = endpoint_url,
    fips = found.fips,
    dualstack = found.dualstack,
    sts_global = found.sts_endpoints == "legacy",
    sources = sources,
    options = {
      retry_mode = found.retry_mode or options.many_calls and "adaptive" or "standard",
      max_attempts = found.max_attempts or options.many_calls and retry.MANY_ATTEMPTS or retry.ATTEMPTS,
      connect_timeout = seconds(options.connect_timeout, CONNECT_TIMEOUT),
      timeout = seconds(options.timeout, TIMEOUT),
      ca_bundle = found.ca_bundle,
      app_id = found.app_id,
      debug = options.debug,
      transport = options.transport,
      clock = options.clock or clock,
    },
  }, Session)
  session.context = context_of(session, options.credentials or defaults.credentials, options.ask or ask)
  session.holder = cache.new(function() return session:resolve() end, session.context)
  return session
end

-- The endpoint of a service: { url, signing_region, partition, source } | nil, err. `source` is what
-- named the URL, nil for AWS's own.
function Session:endpoint(service)
  local url, source = self.endpoint_url, self.endpoint_url and "the endpoint URL"
  if not url then
    url, source = config.endpoint(self.profile, service)
    if not url and source then
      return nil, source
    end
  end
  local ok, err = check_endpoint(url, source)
  if not ok then
    return nil, err
  end
  local endpoint
  endpoint, err = endpoints.resolve(service, self.region, {
    endpoint = url, fips = self.fips, dualstack = self.dualstack, sts_global = self.sts_global,
  })
  if endpoint then
    endpoint.source = source
  elseif url then
    local form = self.fips and "fips" or "dualstack"
    err.tip = ("%s is true and %s names an endpoint: turn one off"):format(self.sources[form], source)
  end
  return endpoint, err
end

-- session:client(service [, options]) --> client | nil, err
-- options: max_attempts, connect_timeout, timeout, transport, each instead of the session's; unsigned,
-- sealed (see lanyard.aws.client).
function Session:client(service, options)
  local description = services.get(service)
  local endpoint, err = self:endpoint(service)
  if not endpoint then
    return nil, err
  end
  return client.new(self, description, endpoint, setmetatable(options or {}, { __index = self.options }))
end

-- session:credentials() --> credentials | nil, err. Looked for once, for all tasks that ask, and again
-- before they expire.
function Session:credentials()
  return self.holder:get()
end

-- session:expire(keys): AWS takes those no longer; session:credentials() looks for new ones.
function Session:expire(keys)
  self.holder:expire(keys)
end

function Session:resolve()
  local keys, steps, err = chain.resolve(self.context)
  self.steps = steps
  return keys, err
end

-- session:explain() --> list of { provider, outcome, chosen }: where credentials were looked for
function Session:explain()
  if not self.steps then
    self:credentials()
  end
  return self.steps
end

-- session:at(region) --> this session in another Region, with the same credentials
function Session:at(region)
  return derived(self, { region = region })
end

local ROLE_OPTIONS = {
  session_name = true, external_id = true, duration = true, policy = true, policy_arns = true, tags = true,
  transitive_tags = true, source_identity = true, mfa = "mfa_serial",
}

-- session:assume(role_arn [, options]) --> a session with the credentials of that role, which this one's
-- are exchanged for at its first call, and again before they expire. It has the Region (options.region:
-- another one), the endpoint and all else of this one.
-- options: session_name, external_id, duration (seconds), policy (a text or a document), policy_arns,
-- tags { [key] = value }, transitive_tags, source_identity, mfa (the serial number or ARN of a device:
-- its code is asked for)
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

-- session:identity() --> { account, arn, user_id } of the caller | nil, err
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
    self.caller = { account = reply.Account, arn = reply.Arn, user_id = reply.UserId }
  end
  return self.caller
end

-- session:account_id() --> the caller's account | nil, err
function Session:account_id()
  local identity, err = self:identity()
  return identity and identity.account, err
end

return M
