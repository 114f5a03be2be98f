--- The parameters that the endpoint rule set of a service gets for a call.
---
---     local settings = { ["AWS::Region"] = "eu-west-1", DisableS3ExpressSessionAuth = true }
---     local given = assert(parameters.of(service, service:operation "GetObject", { Bucket = "logs", Key = "a" },
---       function(name) return settings[name] end))
---     given.Bucket   --> "logs"
---
--- A parameter gets the first value of: the constant that the operation has for it, a member of the input, a query
--- (JMESPath) of the input, a setting of its own name if it is a parameter of clients, a built-in setting.
--- https://smithy.io/2.0/additional-specs/rules-engine/parameters.html

local errors = require "lanyard.errors"
local jmespath = require "lanyard.text.jmespath"
local json = require "lanyard.json"

local M = {}

-- The greatest number of steps of a query.
local MAX_STEPS = 1000000

--- Returns the value of a setting, by the name of a built-in ("AWS::Region", "SDK::Endpoint", ...) or of a parameter of
--- clients | nil, err. It is asked for what an operation needs only.
---@alias endpoint.Setting fun(name: string): string|boolean|nil, lanyard.Error?

-- ---------------------------------------------------------------------------------------------
-- The sources of the parameters, read once for each operation

-- Returns the members that parameters come from, by parameter.
local function members_of(operation)
  local found = {}
  for _, member in ipairs(operation.input and operation.input.members or {}) do
    if member.contextParam then
      found[member.contextParam.name] = member.member
    end
  end
  return found
end

local function compile_query(operation, name, from)
  local query, err = jmespath.compile(from.path)
  if not query then
    return nil, errors.new {
      code = "InvalidModel",
      message = ("the query of the endpoint parameter %s of %s cannot be read: %s")
        :format(name, operation.name, err.message),
    }
  end
  return query
end

-- Returns a list with the sources of each parameter | nil, err
local function read_sources(service, operation)
  local traits, members = operation.traits, members_of(operation)
  local constants, queries = traits.staticContextParams or {}, traits.operationContextParams or {}
  local of_clients = service.data.clientContextParams or {}
  local sources = {}
  for name, parameter in pairs(service.rules.parameters) do
    local query, err
    if queries[name] then
      query, err = compile_query(operation, name, queries[name])
      if not query then
        return nil, err
      end
    end
    sources[#sources + 1] = {
      name = name, constant = constants[name] and constants[name].value, member = members[name], query = query,
      required = members[name] and operation.input.is_required[members[name]],
      client = of_clients[name] and name, built_in = parameter.builtIn,
    }
  end
  return sources
end

-- The sources, by operation.
local known = setmetatable({}, { __mode = "k" })

-- ---------------------------------------------------------------------------------------------
-- Values

-- Returns the value of a query. Items of a list that are null are left out. A function does not accept a member that is
-- missing: `keys(Options)` has no value then.
local function query_value(query, input, name)
  local value, err = query:search(input, MAX_STEPS)
  if err and err.kind == "invalid-type" then
    return nil
  elseif err then
    err.message = ("the endpoint parameter %s cannot be read from the input: %s"):format(name, err.message)
    return nil, err
  elseif value == json.null then
    return nil
  elseif type(value) ~= "table" then
    return value
  end
  local items = {}
  for _, item in ipairs(value) do
    items[#items + 1] = item ~= json.null and item or nil
  end
  return items
end

-- Returns the value of a member. A sealed secret cannot be part of an endpoint. A required member that is blank would
-- lead to another resource, such as all buckets.
local function member_value(source, input)
  local value = input[source.member]
  if type(value) == "userdata" then
    return nil
  elseif source.required and type(value) == "string" and not value:find "%S" then
    return nil, errors.new { code = "InvalidValue", message = source.member .. " is empty" }
  end
  return value
end

local function value_of(source, input, setting)
  local value, err = source.constant, nil
  if value == nil and source.member then
    value, err = member_value(source, input)
  end
  if value == nil and source.query and not err then
    value, err = query_value(source.query, input, source.name)
  end
  if value == nil and source.client and not err then
    value, err = setting(source.client)
  end
  if value == nil and source.built_in and not err then
    value, err = setting(source.built_in)
  end
  return value, err
end

-- S3's rules reject ARNs together with path-style addressing, which is chosen for all buckets: the AWS CLI ignores the
-- choice then. The Region of a bucket is asked for in the path, because the host of a bucket rejects signatures for
-- other Regions than its own.
local function adjust_s3(operation, given)
  if type(given.Bucket) == "string" and given.Bucket:find "^arn:" then
    given.ForcePathStyle = false
  elseif operation.name == "GetBucketLocation" and not given.Accelerate then
    given.ForcePathStyle = true
  end
end

--- Returns the parameters of a call.
---@param service model.Service     with `rules`
---@param operation model.Operation
---@param input table
---@param setting endpoint.Setting
---@return table<string, string|boolean|string[]>? parameters
---@return lanyard.Error? err
function M.of(service, operation, input, setting)
  local sources, err = known[operation]
  if not sources then
    sources, err = read_sources(service, operation)
    if not sources then
      return nil, err
    end
    known[operation] = sources
  end
  local given = {}
  for _, source in ipairs(sources) do
    given[source.name], err = value_of(source, input, setting)
    if err then
      return nil, err
    end
  end
  if given.ForcePathStyle ~= nil and service.metadata.serviceId == "S3" then
    adjust_s3(operation, given)
  end
  return given
end

return M
