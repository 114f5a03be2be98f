--- The AWS JSON protocols 1.0 and 1.1.
--- https://smithy.io/2.0/aws/protocols/aws-json-1_1-protocol.html

local body = require "lanyard.protocol.json_body"
local event_stream = require "lanyard.protocol.event_stream"
local fault = require "lanyard.protocol.fault"
local http = require "lanyard.protocol.http"
local json = require "lanyard.json"
local json_error = require "lanyard.protocol.json_error"

local M = { FORMAT = "json" }

local function encode(service, operation, input)
  local metadata = service.metadata
  local target = metadata.targetPrefix or fault.raise({}, "the model of the service has no targetPrefix")
  return {
    method = "POST",
    target = operation.uri or "/",
    headers = {
      ["Content-Type"] = "application/x-amz-json-" .. (metadata.jsonVersion or "1.0"),
      ["X-Amz-Target"] = target .. "." .. operation.name,
      ["X-Amzn-Query-Mode"] = metadata.awsQueryCompatible and "true" or nil,
    },
    body = body.encode(operation.input, next(input) == nil and {} or input, {}),
    host_prefix = http.host_prefix(operation, input),
  }
end

--- Encodes a request.
---@param service model.Service
---@param operation model.Operation
---@param input table
---@return protocol.Request?
---@return string? message  why a value cannot be sent
function M.encode(service, operation, input)
  return fault.catch(encode, service, operation, input)
end

-- Returns the output of an operation with a stream of events, whose first event has the other members.
local function decode_events(shape, member, text)
  local events, initial = event_stream.read(member, text, body.decode, { member.member })
  local output = initial and initial ~= "" and body.decode(shape, initial, {}) or {}
  output[member.member] = events
  return output
end

local function decode(operation, text)
  local output = operation.output
  if not output or #output.members == 0 then
    return body.surplus(text, output)
  end
  for _, member in ipairs(output.members) do
    if member.eventstream then
      return decode_events(output, member, text)
    end
  end
  return body.decode(output, text, {})
end

--- Decodes a reply.
---@param operation model.Operation
---@param reply protocol.Reply
---@return table? output
---@return string? message
function M.decode(_, operation, reply)
  if reply.body == "" then
    return {}
  end
  return fault.catch(decode, operation, reply.body)
end

--- Decodes the reply to a failed call, as far as possible.
---@param operation model.Operation
---@param reply protocol.Reply
---@return protocol.Error
function M.decode_error(_, operation, reply)
  local value = json.decode(reply.body or "", body.DATA)
  value = type(value) == "table" and not json.is_array(value) and value or {}
  return json_error.of(operation, reply, value, function(shape) return body.read(shape, value, {}) end)
end

return M
