--- The REST XML protocol: S3, S3 Control, CloudFront, Route 53.
--- https://smithy.io/2.0/aws/protocols/aws-restxml-protocol.html

local fault = require "lanyard.protocol.fault"
local http = require "lanyard.protocol.http"
local timestamp = require "lanyard.protocol.timestamp"
local xml = require "lanyard.text.xml"
local xml_error = require "lanyard.protocol.xml_error"
local xml_reader = require "lanyard.protocol.xml_reader"
local xml_writer = require "lanyard.protocol.xml_writer"

local M = { FORMAT = "xml" }

-- ---------------------------------------------------------------------------------------------
-- Requests

-- Returns the name of the root element for a shape. `locationName` of a member whose name is the same says nothing: the
-- converter of AWS's models adds it to every payload. With a namespace it is the name that the service expects.
local function root_name(service, shape, input)
  local document = service:shape(shape.name)
  local own = rawget(shape, "locationName")
  if shape == input then
    return document.locationName or own or shape.name
  elseif own and (own ~= shape.member or rawget(shape, "xmlNamespace")) then
    return own
  end
  return document.locationName or shape.name
end

-- How bodies of a service are written and read.
local function body_of(service)
  return {
    content_type = "application/xml",
    sends_empty = false,
    raw_types = { string = "text/plain" },
    encode = function(shape, value, path, input)
      return xml_writer.encode(root_name(service, shape, input), shape, value, path)
    end,
    decode = M.decode_body,
    surplus = function(text, shape)
      return fault.catch(M.decode_body, shape, text, {}) or {}
    end,
  }
end

--- Encodes a request.
---@param service model.Service
---@param operation model.Operation
---@param input table
---@return protocol.Request?
---@return string? message  why a value cannot be sent
function M.encode(service, operation, input)
  return fault.catch(http.request, operation, input, body_of(service))
end

-- ---------------------------------------------------------------------------------------------
-- Replies

-- Returns the member that is the root element itself: S3 sends <LocationConstraint>eu-west-1</LocationConstraint>.
local function unwrapped(shape, root)
  local member = #root == 0 and shape and shape.members and shape.by_name[root.name]
  return member and not member.location and member or nil
end

--- Reads a body. Raises a fault if it does not fit.
---@param shape? model.Shape  nil: not described
---@param text string
---@param path string[]
---@return any
function M.decode_body(shape, text, path)
  local root, message = xml.parse(text)
  if not root then
    fault.raise(path, "the reply is not XML: " .. message)
  elseif root.name:lower() == "html" then -- of a proxy; the names of other roots differ from the models
    fault.raise(path, "the reply is an HTML page")
  end
  local member = unwrapped(shape, root)
  if not member then
    return xml_reader.decode(shape, root, path)
  end
  path[#path + 1] = member.member
  local value = root.text ~= "" and xml_reader.decode(member, root, path) or nil
  path[#path] = nil
  return { [member.member] = value }
end

-- An object of S3 has any text as its Expires header that its writer gave. The text is in the member ExpiresString, as
-- in the SDKs; a text that is not a date is not an error
-- (https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html).
local function read_with_expires(service, shape, reply)
  local text, headers = reply.headers.expires, reply.headers
  if not timestamp.decode(text) then
    headers = {}
    for name, value in pairs(reply.headers) do
      headers[name] = name ~= "expires" and value or nil
    end
  end
  local output = http.response(shape, { status = reply.status, headers = headers, body = reply.body }, body_of(service))
  output.ExpiresString = output.ExpiresString or text
  return output
end

local function read(service, shape, reply)
  local expires = shape.by_name.Expires
  if expires and expires.location == "header" and reply.headers.expires then
    return read_with_expires(service, shape, reply)
  end
  return http.response(shape, reply, body_of(service))
end

--- Decodes a reply.
---@param service model.Service
---@param operation model.Operation
---@param reply protocol.Reply
---@return table? output
---@return string? message
function M.decode(service, operation, reply)
  if operation.output then
    return fault.catch(read, service, operation.output, reply)
  end
  local root = reply.body ~= "" and xml.parse(reply.body)
  local value = root and xml.value(root)
  return type(value) == "table" and value or {}
end

--- Decodes the reply to a failed call, as far as possible. A reply to HEAD has no body.
---@param operation model.Operation
---@param reply protocol.Reply
---@return protocol.Error
function M.decode_error(_, operation, reply)
  return xml_error.of(operation, reply)
end

return M
