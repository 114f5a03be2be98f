--- The REST JSON protocol.
--- https://smithy.io/2.0/aws/protocols/aws-restjson1-protocol.html

local fault = require "lanyard.protocol.fault"
local http = require "lanyard.protocol.http"
local json = require "lanyard.json"
local json_body = require "lanyard.protocol.json_body"
local json_error = require "lanyard.protocol.json_error"

local M = { FORMAT = "json" }

local BODY = {
  content_type = "application/json", sends_empty = true,
  raw_types = { blob = "application/octet-stream", string = "text/plain" },
  encode = json_body.encode, decode = json_body.decode, surplus = json_body.surplus,
}

--- Encodes a request.
---@param operation model.Operation
---@param input table
---@return protocol.Request?
---@return string? message  why a value cannot be sent
function M.encode(_, operation, input)
  return fault.catch(http.request, operation, input, BODY)
end

--- Decodes a reply.
---@param operation model.Operation
---@param reply protocol.Reply
---@return table? output
---@return string? message
function M.decode(_, operation, reply)
  if not operation.output then
    return json_body.surplus(reply.body)
  end
  return fault.catch(http.response, operation.output, reply, BODY)
end

--- Decodes the reply to a failed call, as far as possible.
---@param operation model.Operation
---@param reply protocol.Reply
---@return protocol.Error
function M.decode_error(_, operation, reply)
  local value = json.decode(reply.body or "", json_body.DATA)
  value = type(value) == "table" and not json.is_array(value) and value or {}
  return json_error.of(operation, reply, value, function(shape)
    return http.response(shape, { status = reply.status, headers = reply.headers, body = reply.body or "" }, BODY)
  end)
end

return M
