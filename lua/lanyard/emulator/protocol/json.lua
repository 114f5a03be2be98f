--- The protocol AWS JSON 1.1: parses requests and builds replies.

local errors = require "lanyard.errors"
local escape = require "lanyard.text.escape"
local json = require "lanyard.json"

---@type emulator.Protocol
local M = {}

--- Returns the operation of a request, or nil when the target belongs to another service.
---@return string?
function M.operation(request, service)
  local prefix, name = (request.headers["x-amz-target"] or ""):match "^(.*)%.([%w]+)$"
  return prefix == service.target and name or nil
end

--- Parses the input of a request.
---@return table? input
---@return lanyard.Error? err
function M.input(request)
  local kind = (request.headers["content-type"] or ""):match "^[^;%s]*"
  if kind ~= "application/x-amz-json-1.1" then
    return nil, errors.new { code = "UnknownOperationException", message = "" }
  end
  local value = request.body == "" and {} or json.decode(request.body)
  if type(value) ~= "table" or json.is_array(value) then
    return nil, errors.new { code = "SerializationException", message = "" }
  end
  return value
end

local function reply(status, value, request_id)
  return {
    status = status,
    headers = { ["Content-Type"] = "application/x-amz-json-1.1", ["x-amzn-RequestId"] = request_id },
    body = json.encode(value),
  }
end

--- Returns the reply for an output.
function M.output(output, request_id)
  return reply(200, output, request_id)
end

--- Returns the reply for an exception.
---@param exception emulator.Exception
function M.exception(exception, request_id)
  -- A message can quote bytes of a header that are not UTF-8.
  local body = { __type = exception.code, message = escape.printable(exception.message) }
  for name, value in pairs(exception.extra or {}) do
    body[name] = value
  end
  return reply(exception.status, body, request_id)
end

--- Returns the exception for an unknown operation.
---@return emulator.Exception
function M.unknown()
  return { code = "UnknownOperationException", message = "", status = 400 }
end

return M
