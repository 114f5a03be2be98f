--- Reads the settings of a session: from its options, the environment, the AWS config files, and on an EC2 instance the
--- Region of the instance.
---
---     local found, err = session_settings.load({ profile = "ops" }, {})

local clock = require "lanyard.clock"
local config = require "lanyard.aws.config"
local errors = require "lanyard.errors"
local http = require "lanyard.http"
local names = require "lanyard.aws.names"
local proxy = require "lanyard.aws.proxy"
local retry = require "lanyard.aws.retry"
local settings = require "lanyard.aws.settings"

local M = {}

local CONNECT_TIMEOUT = 5
local TIMEOUT = 30

-- Settings of lanyard.aws.settings besides the Region.
local SETTINGS = { "fips", "dualstack", "sts_endpoints", "retry_mode", "max_attempts", "ca_bundle", "app_id" }

--- The settings of a session.
---@class aws.SessionSettings
---@field profile aws.Profile  the profile, as the files have it
---@field region string                  "us-east-1"
---@field endpoint_url? string           replaces the endpoint of every service
---@field fips? boolean  endpoints that are validated by FIPS 140
---@field dualstack? boolean  endpoints with IPv6
---@field sts_global boolean             use STS's global endpoint in the Regions that had it by default
---@field sources table<string, string>  where each setting comes from: a variable, a profile, an option
---@field options aws.ClientOptions      the options of the session's clients

-- Reports whether a URL has a host, which can be an IPv6 address in brackets, and no port or a valid one. The rules of
-- some services take no notice of a URL that they cannot read, and would choose AWS's own endpoint.
local function is_endpoint(url)
  local authority = url:match "^[Hh][Tt][Tt][Pp][Ss]?://([^/?#%s%c]+)[^?#%s%c]*$" or ""
  local rest = authority:match "^%[[^%[%]]+%](.*)$" or authority:match "^[^%[%]:]+(.*)$"
  local port = rest and rest:match "^:(%d+)$"
  return rest == "" or port ~= nil and #port < 10 and tonumber(port) <= 65535
end

--- Checks the URL of an endpoint. A URL that contains a user or a password is not repeated in the error.
---@param url? string
---@param source? string  names the URL in the error
---@return true? ok
---@return lanyard.Error? err
function M.check_endpoint(url, source)
  local message
  if not url then
    return true
  elseif url:find "@" then
    message = "contains a user or a password, which AWS endpoints do not accept: remove the part before the @"
  elseif not is_endpoint(url) then
    message = ("is '%s', which is not an endpoint: write https://host or http://host:port"):format(url:gsub("%c", "?"))
  end
  if message then
    return nil, errors.new { code = "InvalidValue", message = source .. " " .. message }
  end
  return true
end

-- Returns the values of SETTINGS and their sources | nil, err
local function read_settings(profile, options)
  local found, sources = {}, {}
  for _, name in ipairs(SETTINGS) do
    local value, source = settings.get(name, profile, options[name], (options.labels or {})[name])
    if value == nil and source then
      return nil, source
    end
    found[name], sources[name] = value, source
  end
  return found, sources
end

-- Returns the Region of the EC2 instance that this machine is, and its source | nil, reason | nil, err
local function region_of_instance(profile, options)
  local watch = options.clock or clock
  local region, reason = require("lanyard.aws.credentials.imds").region {
    profile = profile,
    transport = options.transport or http.request,
    time = watch.time,
    sleep = watch.sleep,
    debug = options.debug,
  }
  return region, region and "the EC2 instance" or reason
end

local function find_region(profile, given, options)
  local label = options.region and (options.labels or {}).region
  local region, source = config.region(profile, given, label)
  if region or source.code ~= "NoRegion" then
    return region, source
  end
  local instance_region, reason = region_of_instance(profile, options)
  if instance_region or errors.is(reason) then
    return instance_region, reason
  end
  source.tip = "the Region of an EC2 instance is not available: " .. reason
  return nil, source
end

-- Returns the Region and its source | nil, err
local function read_region(profile, given, options)
  local region, source = find_region(profile, given, options)
  if not region then
    return nil, source
  end
  local ok, message = names.region(region)
  if not ok then
    return nil, errors.new { code = "InvalidRegion", message = ("%s (%s)"):format(message, source) }
  end
  return region, source
end

-- A timeout of 0 means no limit, as for the AWS CLI.
local function seconds(given, default)
  return given == 0 and math.huge or given or default
end

local function client_options(found, options)
  return {
    retry_mode = found.retry_mode or options.many_calls and "adaptive" or "standard",
    max_attempts = found.max_attempts or options.many_calls and retry.MANY_ATTEMPTS or retry.ATTEMPTS,
    connect_timeout = seconds(options.connect_timeout, CONNECT_TIMEOUT),
    timeout = seconds(options.timeout, TIMEOUT),
    ca_bundle = found.ca_bundle,
    app_id = found.app_id,
    debug = options.debug,
    on_retry = options.on_retry,
    transport = options.transport,
    clock = options.clock or clock,
  }
end

--- Reads the settings of a session.
---@param options aws.SessionOptions
---@param defaults aws.SessionOptions  used before the environment and the files, which are ignored if any is given
---@return aws.SessionSettings? found
---@return lanyard.Error? err
function M.load(options, defaults)
  local profile, err = settings.NONE
  if next(defaults) == nil then
    profile, err = config.load(options.profile)
  end
  if not profile then
    return nil, err
  end
  local region, region_source = read_region(profile, options.region or defaults.region, options)
  if not region then
    return nil, region_source
  end
  local endpoint_url = options.endpoint_url or defaults.endpoint_url
  local ok
  ok, err = M.check_endpoint(endpoint_url, "the endpoint URL")
  if ok then
    ok, err = proxy.in_force()
  end
  if not ok then
    return nil, err
  end
  local found, sources = read_settings(profile, options)
  if not found then
    return nil, sources
  end
  sources.region = region_source
  return {
    profile = profile,
    region = region,
    endpoint_url = endpoint_url,
    fips = found.fips,
    dualstack = found.dualstack,
    sts_global = found.sts_endpoints == "legacy",
    sources = sources,
    options = client_options(found, options),
  }
end

return M
