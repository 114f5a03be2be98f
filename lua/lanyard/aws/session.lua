-- A session: one account, one Region, one set of credentials, and the clients that use them.

local chain = require "lanyard.aws.credentials"
local client = require "lanyard.aws.client"
local config = require "lanyard.aws.config"
local endpoints = require "lanyard.aws.endpoints"
local errors = require "lanyard.errors"
local names = require "lanyard.aws.names"
local retry = require "lanyard.aws.retry"
local services = require "lanyard.aws.services"
local task = require "lanyard.task"

local M = {}

local CONNECT_TIMEOUT = 5
local TIMEOUT = 30

local Session = {}
Session.__index = Session

local function check_endpoint(url)
  if not url:find "^https?://[^/%s]+" then
    return nil, errors.new {
      code = "Usage",
      message = ("'%s' is no endpoint: write it as https://host or http://host:port"):format(url),
    }
  end
  return true
end

-- new(options, defaults) --> session | nil, err
-- options: profile, region, endpoint_url, credentials, max_attempts, connect_timeout and timeout (in
-- seconds), debug(line), transport. `defaults`, of the same form, stand before the environment and
-- the files, which are not read then.
function M.new(options, defaults)
  local own = next(defaults) ~= nil
  local profile, err
  if own then
    profile = { name = "default", values = {}, profiles = {}, services = {}, sso_sessions = {}, paths = {} }
  else
    profile, err = config.load(options.profile)
    if not profile then
      return nil, err
    end
  end
  local region
  region, err = config.region(profile, options.region or defaults.region)
  if not region then
    return nil, err
  end
  local ok, why = names.region(region)
  if not ok then
    return nil, errors.new { code = "InvalidRegion", message = why }
  end
  local endpoint_url = options.endpoint_url or defaults.endpoint_url
  if endpoint_url then
    ok, err = check_endpoint(endpoint_url)
    if not ok then
      return nil, err
    end
  end
  local attempts
  attempts, err = config.max_attempts(profile)
  if err then
    return nil, err
  end
  return setmetatable({
    region = region,
    profile = profile,
    endpoint_url = endpoint_url,
    fips = config.flag(profile, "AWS_USE_FIPS_ENDPOINT", "use_fips_endpoint"),
    dualstack = config.flag(profile, "AWS_USE_DUALSTACK_ENDPOINT", "use_dualstack_endpoint"),
    settings = { credentials = options.credentials or defaults.credentials, profile = profile },
    options = {
      max_attempts = options.max_attempts or attempts or retry.ATTEMPTS,
      connect_timeout = options.connect_timeout or CONNECT_TIMEOUT,
      timeout = options.timeout or TIMEOUT,
      ca_bundle = config.ca_bundle(profile),
      debug = options.debug,
      transport = options.transport,
    },
    resolving = task.semaphore(1),
  }, Session)
end

-- The endpoint of a service: { url, signing_region, partition } | nil, err
function Session:endpoint(service)
  local configured = self.endpoint_url or config.endpoint(self.profile, service)
  if configured then
    local ok, err = check_endpoint(configured)
    if not ok then
      return nil, err
    end
  end
  return endpoints.resolve(service, self.region, {
    endpoint = configured,
    fips = self.fips,
    dualstack = self.dualstack,
  })
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

-- session:credentials() --> credentials | nil, err. Looked for once, for all tasks that ask.
function Session:credentials()
  if not self.keys then
    local _ <close> = self.resolving:acquire()
    if not self.keys then
      local keys, err = chain.resolve(self.settings)
      if not keys then
        return nil, err
      end
      self.keys = keys
    end
  end
  return self.keys
end

-- session:explain() --> list of { provider, outcome, chosen }: where credentials were looked for
function Session:explain()
  return (chain.explain(self.settings))
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
