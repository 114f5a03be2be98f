--- Operations of Smithy as operations of botocore, with paginators and waiters.

local json = require "lanyard.json"
local lists = require "lanyard.lists"
local waiters = require "lanyard.model.smithy.waiters"

local M = {}

local UNIT = "smithy.api#Unit"

-- Members of a service or a resource that name one operation or several.
local ONE = { "create", "put", "read", "update", "delete", "list" }
local SEVERAL = { "operations", "collectionOperations" }

-- Adds the ids of the operations of a service or a resource, and of the resources in it.
local function collect(shape, ast, ids, seen)
  local function add(reference)
    if reference then
      ids[reference.target] = true
    end
  end
  for _, name in ipairs(ONE) do
    add(shape[name])
  end
  for _, name in ipairs(SEVERAL) do
    for _, reference in ipairs(shape[name] or {}) do
      add(reference)
    end
  end
  for _, reference in ipairs(shape.resources or {}) do
    if not seen[reference.target] then
      seen[reference.target] = true
      collect(ast[reference.target] or {}, ast, ids, seen)
    end
  end
end

-- Reports whether a structure has members in the body of a message.
local function has_body(structure)
  for _, member in pairs(structure.members) do
    if not member.location then
      return true
    end
  end
  return false
end

local function input_of(operation, converter)
  if not operation.input or operation.input.target == UNIT then
    return nil
  end
  local reference = converter:reference(operation.input.target)
  local structure = converter.shapes[reference.shape]
  if converter.metadata.protocol == "rest-xml" and not structure.payload and has_body(structure) then
    local traits = (converter.ast[operation.input.target] or {}).traits or {}
    reference.locationName = traits["smithy.api#xmlName"] or reference.shape
    reference.xmlNamespace = converter:namespace()
  end
  return reference
end

local function output_of(name, operation, converter)
  local is_query = converter.metadata.protocol == "query"
  if not operation.output or operation.output.target == UNIT then
    return nil
  end
  local reference = converter:reference(operation.output.target)
  reference.resultWrapper = is_query and name .. "Result" or nil
  return reference
end

local function http_of(traits, metadata)
  local http = traits["smithy.api#http"]
  if not http or not metadata.protocol:find "^rest" then
    return { method = "POST", requestUri = "/" }
  end
  return { method = http.method, requestUri = http.uri, responseCode = http.code ~= 200 and http.code or nil }
end

-- Operations that are called without credentials, which AWS's models do not say. The page of each says so:
-- https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html
local UNSIGNED = lists.set "STS.AssumeRoleWithSAML STS.AssumeRoleWithWebIdentity"

-- How the operation is signed, where it is not as the service says.
local function add_auth(result, traits, name)
  local auth = traits["smithy.api#auth"]
  if traits["smithy.api#optionalAuth"] or auth and not auth[1] or UNSIGNED[name] then
    result.authtype, result.auth = "none", json.array { "smithy.api#noAuth" }
  elseif auth then
    result.auth = auth
  end
  if traits["aws.auth#unsignedPayload"] then
    result.unsignedPayload = true
    result.authtype = result.authtype or "v4-unsigned-body"
  end
end

local function operation_of(id, operation, converter)
  local name = id:match "#(.*)$"
  local traits = operation.traits or {}
  local result = {
    http = http_of(traits, converter.metadata),
    input = input_of(operation, converter), output = output_of(name, operation, converter),
    endpoint = traits["smithy.api#endpoint"],
    httpChecksum = traits["aws.protocols#httpChecksum"],
    httpChecksumRequired = traits["smithy.api#httpChecksumRequired"] and true or nil,
    requestcompression = traits["smithy.api#requestCompression"],
    staticContextParams = traits["smithy.rules#staticContextParams"],
    operationContextParams = traits["smithy.rules#operationContextParams"],
    readonly = traits["smithy.api#readonly"] and true or nil,
    idempotent = traits["smithy.api#idempotent"] and true or nil,
    deprecated = traits["smithy.api#deprecated"] and true or nil,
    endpointdiscovery = traits["aws.api#clientDiscoveredEndpoint"],
  }
  add_auth(result, traits, converter.metadata.serviceId .. "." .. name)
  for _, reference in ipairs(operation.errors or {}) do
    result.errors = result.errors or json.array {}
    table.insert(result.errors, converter:reference(reference.target))
  end
  return name, result
end

-- Returns botocore's paginator of an operation. Its tokens can be described for the whole service.
local function paginator_of(own, general)
  local input, output = own.inputToken or general.inputToken, own.outputToken or general.outputToken
  if not input or not output then
    return nil
  end
  return {
    input_token = input, output_token = output, limit_key = own.pageSize or general.pageSize,
    result_key = own.items or general.items,
  }
end

--- Converts the operations of a service.
---@param service table  the shape of the service
---@param converter model.smithy.Converter
---@return { operations: table, paginators: table, waiters: table } result
function M.convert(service, converter)
  local result = { operations = {}, paginators = {}, waiters = {} }
  local general = (service.traits or {})["smithy.api#paginated"] or {}
  local ids = {}
  collect(service, converter.ast, ids, {})
  for id in pairs(ids) do
    local operation = converter.ast[id]
    if type(operation) ~= "table" or operation.type ~= "operation" then
      error({ problem = ("the operation %s does not exist"):format(tostring(id)) }, 0)
    end
    local name, converted = operation_of(id, operation, converter)
    local traits = operation.traits or {}
    result.operations[name] = converted
    result.paginators[name] = traits["smithy.api#paginated"] and paginator_of(traits["smithy.api#paginated"], general)
    for waiter, value in pairs(traits["smithy.waiters#waitable"] or {}) do
      result.waiters[waiter] = waiters.convert(name, value)
    end
  end
  return result
end

return M
