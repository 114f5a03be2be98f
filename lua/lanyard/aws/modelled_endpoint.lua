--- Resolves the endpoint of a call of a modelled operation through the rule set of its service.
---
---     local endpoint, err = modelled_endpoint.resolve(client, service, operation, { Bucket = "logs" })
---     --> { url = "https://logs.s3.us-east-1.amazonaws.com", auth_schemes = { ... } }
---
--- The parameters of a rule set come from the settings (the Region, FIPS, a custom endpoint, ...), the operation, and
--- members of the input. https://smithy.io/2.0/additional-specs/rules-engine/parameters.html

local endpoint_rules = require "lanyard.endpoint"
local endpoints = require "lanyard.aws.endpoints"
local errors = require "lanyard.errors"
local jmespath = require "lanyard.text.jmespath"
local settings = require "lanyard.aws.settings"

local M = {}

-- Returns the value of a setting of the profile, or nil. Raises the error of an invalid setting.
local function setting(client, name)
  local value, err = settings.get(name, client.session.profile or settings.NONE)
  if value == nil and err then
    error(err, 0)
  end
  return value
end

-- A custom endpoint is used as it is, so that the form of AWS's own endpoints does not matter. Buckets are then in the
-- path, unless a setting says otherwise, as in the AWS CLI: few servers besides AWS have a host for each bucket.
local BUILT_IN = {
  ["AWS::Region"] = function(client) return client.region end,
  ["AWS::UseFIPS"] = function(client) return not client.custom_endpoint and client.session.fips or false end,
  ["AWS::UseDualStack"] = function(client) return not client.custom_endpoint and client.session.dualstack or false end,
  ["SDK::Endpoint"] = function(client) return client.custom_endpoint end,
  ["AWS::STS::UseGlobalEndpoint"] = function(client) return client.session.sts_global or false end,
  ["AWS::S3::UseGlobalEndpoint"] = function(client) return setting(client, "s3_us_east_1") == "legacy" end,
  ["AWS::S3::Accelerate"] = function(client) return setting(client, "s3_accelerate") or false end,
  ["AWS::S3::ForcePathStyle"] = function(client)
    local style = setting(client, "s3_addressing_style")
    return style == "path" or client.custom_endpoint ~= nil and style ~= "virtual"
      and not setting(client, "s3_accelerate")
  end,
  ["AWS::S3::UseArnRegion"] = function(client) return setting(client, "s3_use_arn_region") ~= false end,
  ["AWS::S3Control::UseArnRegion"] = function(client) return setting(client, "s3_use_arn_region") ~= false end,
  ["AWS::S3::DisableMultiRegionAccessPoints"] = function(client)
    return setting(client, "s3_disable_multiregion_access_points") or false
  end,
  ["AWS::Auth::AccountId"] = function(client)
    local keys = not client.options.unsigned and client.session:credentials()
    return keys and keys.account_id or nil
  end,
  ["AWS::Auth::AccountIdEndpointMode"] = function(client)
    return setting(client, "account_id_endpoint_mode") or "preferred"
  end,
}

-- Parameters that are neither built in nor a member, with their settings.
local OF_CLIENT = { DisableS3ExpressSessionAuth = "s3_disable_express_session_auth" }

local function add_members(parameters, shape, input)
  for _, member in ipairs(shape and shape.members or {}) do
    local name = member.contextParam and member.contextParam.name
    if name and type(input[member.member]) ~= "userdata" then
      parameters[name] = input[member.member]
    end
  end
end

local function parameters_of(client, rules, operation, input)
  local parameters, traits = {}, operation.traits
  for name, parameter in pairs(rules.parameters) do
    if BUILT_IN[parameter.builtIn] then
      parameters[name] = BUILT_IN[parameter.builtIn](client)
    elseif OF_CLIENT[name] then
      parameters[name] = setting(client, OF_CLIENT[name])
    end
  end
  for name, from in pairs(traits.operationContextParams or {}) do
    local found = jmespath.compile(from.path):search(input)
    parameters[name] = found
  end
  add_members(parameters, operation.input, input)
  for name, constant in pairs(traits.staticContextParams or {}) do
    parameters[name] = constant.value
  end
  return parameters
end

-- The endpoint of a model without rules.
local function by_prefix(client, service)
  local found, err = endpoints.resolve(service.metadata.endpointPrefix, client.region, client.custom_endpoint
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
  local ok, parameters = pcall(parameters_of, client, service.rules, operation, input)
  if not ok then
    if errors.is(parameters) then
      return nil, parameters
    end
    error(parameters, 0)
  end
  return endpoint_rules.resolve(service.rules, parameters, service.partitions or service.data.partitions)
end

return M
