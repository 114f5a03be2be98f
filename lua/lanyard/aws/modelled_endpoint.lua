--- Resolves the endpoint of a call of a modelled operation through the rule set of its service.
---
---     local endpoint, err = modelled_endpoint.resolve(client, service, operation, { Bucket = "logs" })
---     --> { url = "https://logs.s3.us-east-1.amazonaws.com", auth_schemes = { ... } }
---
--- lanyard.endpoint.parameters takes parameters from the operation and its input; here are the settings.
--- https://docs.aws.amazon.com/sdkref/latest/guide/settings-reference.html

local endpoints = require "lanyard.aws.endpoints"
local settings = require "lanyard.aws.settings"

local M = {}

-- The modules for rule sets are loaded at the first call of a modelled operation, because most commands make none.
local function load_rules()
  return require "lanyard.endpoint", require "lanyard.endpoint.parameters", require "lanyard.aws.partitions"
end

-- Returns the value of a setting of the profile, or a default | nil, err
local function setting(client, name, default)
  local value, err = settings.get(name, client.session.profile or settings.NONE)
  if value == nil and err then
    return nil, err
  elseif value == nil then
    return default
  end
  return value
end

-- A custom endpoint is used as it is, so that the form of AWS's own endpoints does not matter. Buckets are then in the
-- path, unless a setting says otherwise, as in the AWS CLI: few servers besides AWS have a host for each bucket.
local function force_path_style(client)
  local style, err = setting(client, "s3_addressing_style", "auto")
  if not style then
    return nil, err
  end
  local accelerated
  accelerated, err = setting(client, "s3_accelerate", false)
  if err then
    return nil, err
  end
  return not accelerated and (style == "path" or client.custom_endpoint ~= nil and style ~= "virtual")
end

local function dualstack(client)
  if client.custom_endpoint then
    return false
  end
  local of_s3, err
  if client.service == "s3" or client.service == "s3control" then
    of_s3, err = setting(client, "s3_dualstack")
  end
  if of_s3 == nil and not err then
    return client.session.dualstack or false
  end
  return of_s3, err
end

-- The settings by the names of built-ins and of parameters of clients. Each returns the value | nil, err
local SETTINGS = {
  ["AWS::Region"] = function(client) return client.region end,
  ["AWS::UseFIPS"] = function(client) return not client.custom_endpoint and client.session.fips or false end,
  ["AWS::UseDualStack"] = dualstack,
  ["SDK::Endpoint"] = function(client) return client.custom_endpoint end,
  ["AWS::STS::UseGlobalEndpoint"] = function(client) return client.session.sts_global or false end,
  ["AWS::S3::UseGlobalEndpoint"] = function(client)
    local choice, err = setting(client, "s3_us_east_1", "regional")
    return not err and choice == "legacy" and client.region == "us-east-1", err
  end,
  ["AWS::S3::Accelerate"] = function(client) return setting(client, "s3_accelerate", false) end,
  ["AWS::S3::ForcePathStyle"] = force_path_style,
  ["AWS::S3::UseArnRegion"] = function(client) return setting(client, "s3_use_arn_region", true) end,
  ["AWS::S3Control::UseArnRegion"] = function(client) return setting(client, "s3_use_arn_region", false) end,
  ["AWS::S3::DisableMultiRegionAccessPoints"] = function(client)
    return setting(client, "s3_disable_multiregion_access_points", false)
  end,
  ["AWS::S3::DisableS3ExpressSessionAuth"] = function(client)
    return setting(client, "s3_disable_express_session_auth")
  end,
  DisableS3ExpressSessionAuth = function(client) return setting(client, "s3_disable_express_session_auth") end,
  ["AWS::Auth::AccountIdEndpointMode"] = function(client)
    return setting(client, "account_id_endpoint_mode", "preferred")
  end,
}

-- The account depends on the credentials, which can change.
local function account_id(client)
  local keys = not client.options.unsigned and client.session:credentials()
  return keys and keys.account_id or nil
end

local UNSET = {}

-- The settings of each client, which are read once.
local known = setmetatable({}, { __mode = "k" })

local function settings_of(client)
  if known[client] then
    return known[client]
  end
  local values = {}
  known[client] = function(name)
    local value, err = values[name]
    if name == "AWS::Auth::AccountId" then
      return account_id(client)
    elseif value == nil and SETTINGS[name] then
      value, err = SETTINGS[name](client)
      if err then
        return nil, err
      end
      values[name] = value == nil and UNSET or value
    end
    if value == UNSET then
      return nil
    end
    return value
  end
  return known[client]
end

-- The endpoint of a model without rules.
local function by_prefix(client, service)
  local name = service.metadata.endpointPrefix or client.service
  local found, err = endpoints.resolve(name, client.region, client.custom_endpoint
    and { endpoint = client.custom_endpoint } or { fips = client.session.fips, dualstack = client.session.dualstack })
  return found and { url = found.url, headers = {}, properties = {}, signing_region = found.signing_region }, err
end

--- Resolves an endpoint.
---@param client aws.Client
---@param service model.Service
---@param operation model.Operation
---@param input table
---@return { url: string, headers: table, auth_schemes?: table[], properties: table, signing_region?: string }? endpoint
---@return lanyard.Error? err
function M.resolve(client, service, operation, input)
  if not service.rules then
    return by_prefix(client, service)
  end
  local rules, parameters, partitions = load_rules()
  local given, err = parameters.of(service, operation, input, settings_of(client))
  if not given then
    return nil, err
  end
  local data = service.partitions
  if not data then
    data, err = partitions.get()
  end
  if not data then
    return nil, err
  end
  return rules.resolve(service.rules, given, data)
end

return M
