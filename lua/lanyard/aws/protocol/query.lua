--- The AWS Query protocol for services that are described by hand (lanyard.aws.services), whose shapes are not known: a
--- request has the types of its Lua values, and a reply has texts, tables and lists. See lanyard.protocol.query.

local query = require "lanyard.protocol.query"
local xml = require "lanyard.text.xml"

local M = { FORMAT = query.FORMAT }

-- An operation without shapes.
local function undescribed(name)
  return { name = name, errors = {}, traits = {}, undescribed = true }
end

--- Encodes a request.
---@param service aws.Service
---@param operation string
---@param input table
---@return table<string, string> headers
---@return string|userdata body
function M.encode(service, operation, input)
  local request, message = query.encode({ metadata = { apiVersion = service.version } }, undescribed(operation), input)
  if not request then
    error(("%s:%s: %s"):format(service.name, operation, message), 0)
  end
  return request.headers, request.body
end

--- Decodes a reply. An empty list is an element without children, like an empty text.
---@param body string
---@param operation string
---@param described aws.Operation
---@return table? output
---@return string? message
function M.decode(body, operation, described)
  local root, message = xml.parse(body)
  if not root then
    return nil, "the reply is not XML: " .. message
  end
  local result = xml.child(root, operation .. "Result")
  local output = result and xml.value(result)
  if type(output) ~= "table" then
    if next(described.reply) then
      return nil, ("the reply has no %sResult"):format(operation)
    end
    return {}
  end
  for member, kind in pairs(described.reply) do
    if kind ~= "string" and type(output[member]) == "string" and not output[member]:find "%S" then
      output[member] = {}
    end
  end
  return output
end

--- Decodes the reply to a failed call, as far as possible.
---@param reply table
---@return { code?: string, message?: string, request_id?: string } err
function M.decode_error(reply)
  local err = query.decode_error(nil, undescribed(), reply)
  return { code = err.code, message = err.message, request_id = err.request_id }
end

return M
