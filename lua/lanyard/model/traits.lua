--- Checks the traits of a model that calls use: a damaged model is an error that names the place, and no call fails in
--- the middle.
---
---     local problem = traits.metadata(data.metadata)   --> "metadata.apiVersion is not a text"

local json = require "lanyard.json"

local M = {}

local function is_object(value)
  return type(value) == "table" and (not json.is_array(value) or next(value) == nil)
end

local KINDS = {
  ["a text"] = function(value) return type(value) == "string" and not value:find "%c" end,
  ["a number"] = function(value) return type(value) == "number" end,
  ["a list"] = function(value) return type(value) == "table" and (json.is_array(value) or next(value) == nil) end,
  ["an object"] = is_object,
  -- What the host of an endpoint begins with: it must not end the host.
  ["a part of a host name"] = function(value) return type(value) == "string" and value:find "^[%w.-]+$" ~= nil end,
}

local METADATA = {
  endpointPrefix = "a part of a host name", signingName = "a text", serviceId = "a text", apiVersion = "a text",
  targetPrefix = "a text", jsonVersion = "a text", signatureVersion = "a text", protocols = "a list", auth = "a list",
}

local OPERATION = {
  auth = "a list", authtype = "a text", httpChecksum = "an object", requestcompression = "an object",
  endpointdiscovery = "an object", staticContextParams = "an object", operationContextParams = "an object",
}

local SHAPE = {
  locationName = "a text", location = "a text", queryName = "a text", resultWrapper = "a text",
  timestampFormat = "a text", min = "a number", max = "a number", payload = "a text", contextParam = "an object",
}

-- Returns the problem of the trait whose name is first in the alphabet.
local function check(value, traits, path)
  local first
  for name, item in pairs(value) do
    local kind = traits[name]
    if kind and not KINDS[kind](item) and not (first and first < name) then
      first = name
    end
  end
  return first and ("%s.%s is not %s"):format(path, first, traits[first])
end

--- Checks the metadata of a service.
---@param metadata table
---@return string? problem
function M.metadata(metadata)
  return check(metadata, METADATA, "metadata")
end

--- Checks the traits of an operation.
---@param name string
---@param operation table
---@return string? problem
function M.operation(name, operation)
  return check(operation, OPERATION, "operations." .. name)
end

--- Checks the traits of a shape, and of its members.
---@param name string
---@param shape table  in the canonical form
---@return string? problem
function M.shape(name, shape)
  local path = "shapes." .. name
  local problem = check(shape, SHAPE, path)
  local has_payload = shape.payload == nil or shape.type ~= "structure"
  for _, member in ipairs(shape.members or {}) do
    problem = problem or check(member, SHAPE, path .. "." .. member.name)
    has_payload = has_payload or member.name == shape.payload
  end
  return problem or not has_payload and ("%s.payload names the member '%s', which does not exist")
    :format(path, shape.payload) or nil
end

return M
