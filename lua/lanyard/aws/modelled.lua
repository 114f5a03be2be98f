--- Makes the operations of AWS's models callable: an operation of a model (lanyard.model) becomes an aws.Operation.
---
---     modelled.describe("dynamodb", service)   --> an aws.Service with all operations of the model
---     modelled.extend(described, load)         --> a described service also has the operations of its model
---
--- A described operation takes precedence over the one of the model, which is read when a name is not described.

local lists = require "lanyard.lists"
local recorded = require "lanyard.aws.recorded"

local M = {}

-- The modules of the protocols, by their names in models. They are loaded when a service first needs them.
local PROTOCOLS = {
  json = function() return require "lanyard.protocol.json" end,
  query = function() return require "lanyard.protocol.query" end,
  ec2 = function() return require "lanyard.protocol.ec2" end,
  ["rest-json"] = function() return require "lanyard.protocol.rest_json" end,
  ["rest-xml"] = function() return require "lanyard.protocol.rest_xml" end,
  ["smithy-rpc-v2-cbor"] = function() return require "lanyard.protocol.rpc_v2_cbor" end,
}

-- The errors of a service without a model, of a lanyard without models, and of a model without the name.
local ABSENT = lists.set "UnknownService NoModels NotFound"

--- Reports whether an error says that there is no model, as opposed to one that cannot be read.
---@param err lanyard.Error
---@return boolean
function M.is_absent(err)
  return ABSENT[err.code] == true
end

-- The order in which a protocol is chosen of several, as in botocore: servers of tests know the earlier ones.
local ORDER = { "json", "rest-json", "rest-xml", "smithy-rpc-v2-cbor", "query", "ec2" }

--- Returns the module of a service's protocol: of the protocols of its model the first one in botocore's order.
---@param service model.Service
---@return table? protocol
---@return string? message
function M.protocol(service)
  local metadata = service.metadata
  local load
  for _, name in ipairs(metadata.protocols and ORDER or {}) do
    load = load or lists.contains(metadata.protocols, name) and PROTOCOLS[name]
  end
  load = load or PROTOCOLS[metadata.protocol]
  if not load then
    return nil, ("the protocol '%s' is not supported"):format(tostring(metadata.protocol))
  end
  return load()
end

-- Members that a call must give. Idempotency tokens are made.
local function required_of(shape)
  local names = {}
  for _, member in ipairs(shape and shape.members or {}) do
    if shape.is_required[member.member] and not member.idempotencyToken then
      names[#names + 1] = member.member
    end
  end
  return names
end

-- Returns an operation with what all aws.Operations have.
local function wrap(service, operation)
  return {
    required = required_of(operation.input),
    output = {}, reply = {}, headers = {}, placed = {},
    reads = operation.reads,
    unsigned = operation.unsigned,
    model = operation,
    service = service,
  }
end

-- Returns a function that returns the operation of a name | nil
local function finder(load)
  local found = {}
  return function(name)
    if type(name) ~= "string" or not name:find "^%u" then
      return nil
    elseif found[name] == nil then
      local service = load()
      local operation = service and service:operation(name)
      found[name] = operation and wrap(service, operation) or false
    end
    return found[name] or nil
  end
end

-- Returns a function that calls another one once, and then returns the same results.
local function once(load)
  local results
  return function()
    results = results or table.pack(load())
    return table.unpack(results, 1, results.n)
  end
end

--- Gives a described service the operations of its model.
---@param described aws.Service
---@param load fun(): model.Service?, any  is called when an operation is not described
function M.extend(described, load)
  described.load_model = once(load)
  local find, operations = finder(described.load_model), getmetatable(described.operations) or {}
  local described_operation = operations.__index
  function operations.__index(self, name)
    return described_operation and described_operation(self, name) or find(name)
  end
  setmetatable(described.operations, operations)
end

--- Returns a service with the operations of a model.
---@param name string
---@param service model.Service
---@return aws.Service
function M.describe(name, service)
  local described = {
    name = name, operations = {}, waiters = {}, acceptors = {}, secrets = {}, sensitive = {},
    transient = recorded.codes_of("transient", name),
    signing_name = service.metadata.signingName or service.metadata.endpointPrefix,
    model = service,
  }
  M.extend(described, function() return service end)
  return described
end

--- Returns the names of all operations of a service, sorted.
---@param described aws.Service
---@return string[]
function M.operation_names(described)
  local names, seen = lists.sorted_names(described.operations), {}
  for _, name in ipairs(names) do
    seen[name] = true
  end
  local service = described.load_model and described.load_model()
  for _, name in ipairs(service and service:operation_names() or {}) do
    names[#names + 1] = not seen[name] and name or nil
  end
  table.sort(names)
  return names
end

return M
