--- Models of AWS services: operations and shapes, as botocore's service-2.json has them.
---
---     local service = model.new(data)
---     local operation = service:operation "GetRepositoryPolicy"
---     operation.input.by_name.repositoryName.shape
---
--- `data` is one service in the form of botocore's service-2.json, without documentation: `metadata`, `operations`,
--- `shapes`. A structure's members can be a list of references with a `name`, which keeps their order, in place of an
--- object. `paginators`, `waiters` and `rules` (the endpoint rule set) are botocore's other files of the service. The
--- tables can be filled by __index when a name is first used; `names` then lists the operations.

local lists = require "lanyard.lists"
local shapes = require "lanyard.model.shape"

local M = {}

--- An operation of a model.
---@class model.Operation
---@field name string               "GetRepositoryPolicy"
---@field method string             "POST"
---@field uri string                "/{Bucket}/{Key+}?list-type=2"
---@field input? model.Shape        a structure; nil: there is none
---@field output? model.Shape       a structure; nil: there is none
---@field errors model.Shape[]      structures
---@field reads boolean             it changes nothing, as far as its model or its name says
---@field unsigned boolean          it needs no credentials
---@field traits table              the operation as the model has it

---@class model.Service
---@field metadata table            botocore's: protocol, endpointPrefix, signingName, serviceId, ...
---@field paginators table<string, table>  by operation
---@field waiters table<string, table>     by name
---@field rules? table              the endpoint rule set
local Service = {}

-- The rule set is decoded when it is first used: names and options do not need it.
function Service:__index(name)
  if name ~= "rules" then
    return Service[name]
  end
  return self.data.rules
end

-- Prefixes of operations that change nothing.
local READS = { "^Get", "^List", "^Describe", "^Lookup", "^Simulate", "^BatchGet", "^BatchCheck", "^Decode", "^Head",
  "^Query$", "^Scan$", "^Search" }

local function reads(name, traits)
  for _, prefix in ipairs(READS) do
    if name:find(prefix) then
      return true
    end
  end
  return traits.readonly == true
end

local function unsigned(traits)
  return traits.authtype == "none" or traits.auth ~= nil and traits.auth[1] == "smithy.api#noAuth"
end

local function new_operation(service, name, traits)
  local resolve = service.resolve
  local operation = {
    name = name,
    method = traits.http and traits.http.method or "POST",
    uri = traits.http and traits.http.requestUri or "/",
    input = traits.input and shapes.reference(traits.input, resolve),
    output = traits.output and shapes.reference(traits.output, resolve),
    errors = {},
    reads = reads(name, traits),
    unsigned = unsigned(traits),
    traits = traits,
  }
  for i, traits_of_error in ipairs(traits.errors or {}) do
    operation.errors[i] = shapes.reference(traits_of_error, resolve)
  end
  return operation
end

--- Returns an operation, always the same table; nil if the model does not have it.
---@param name string
---@return model.Operation?
function Service:operation(name)
  local operation = self.operations[name]
  if not operation and self.data.operations[name] then
    operation = new_operation(self, name, self.data.operations[name])
    self.operations[name] = operation
  end
  return operation
end

--- Returns the names of the operations, sorted.
---@return string[]
function Service:operation_names()
  return self.data.names or lists.sorted_names(self.data.operations)
end

--- Returns the names of the waiters, sorted.
---@return string[]
function Service:waiter_names()
  return self.data.waiter_names or lists.sorted_names(self.waiters)
end

--- Returns a shape by its name. Raises an error if the model does not have it.
---@param name string
---@return model.Shape
function Service:shape(name)
  return self.resolve(name)
end

--- Makes replies keep each timestamp as the service sent it, a number or a text with or without a zone, and each number
--- of json and rpc-v2-cbor with or without a fraction. The other protocols have texts, or as botocore reads rest-json,
--- the types of the model.
function Service:keep_as_sent()
  self.reading.as_sent = true
  self.reading.numbers_as_sent = self.metadata.protocol ~= "rest-json"
end

--- Makes a service of a model's data.
---@param data table  see above
---@return model.Service
function M.new(data)
  local reading = { as_sent = false, numbers_as_sent = false }
  return setmetatable({
    data = data,
    metadata = data.metadata,
    paginators = data.paginators or {},
    waiters = data.waiters or {},
    operations = {},
    reading = reading,
    resolve = shapes.resolver(data.shapes, reading),
  }, Service)
end

return M
