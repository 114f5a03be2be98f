--- The AWS Query protocol: requests are forms, replies are XML.
--- https://smithy.io/2.0/aws/protocols/aws-query-protocol.html

local fault = require "lanyard.protocol.fault"
local form = require "lanyard.protocol.form"
local http = require "lanyard.protocol.http"
local xml = require "lanyard.text.xml"
local xml_error = require "lanyard.protocol.xml_error"
local xml_reader = require "lanyard.protocol.xml_reader"

local M = { FORMAT = "xml", ALWAYS_XML = true }

--- Returns the request of a form.
---@param service model.Service
---@param operation model.Operation
---@param input table
---@param names protocol.FormNames
---@return protocol.Request
function M.request(service, operation, input, names)
  local fields = { "Action", operation.name, "Version", service.metadata.apiVersion }
  local added = form.fields(operation.input, input, names)
  table.move(added, 1, #added, #fields + 1, fields)
  return {
    method = "POST",
    target = "/",
    headers = { ["Content-Type"] = "application/x-www-form-urlencoded" },
    body = form.text(fields),
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
  return fault.catch(M.request, service, operation, input, form.QUERY)
end

-- Returns the element with the members of the output; nil if there is none.
local function result_of(root, operation)
  local wrapper = operation.output and operation.output.resultWrapper or operation.name .. "Result"
  local result = xml.child(root, wrapper)
  if result or not operation.output or operation.output.resultWrapper then
    return result
  end
  return root
end

--- Reports whether an operation has no output: the body of a reply can be anything then, the call succeeded. A
--- description by hand has its members elsewhere.
---@param operation model.Operation
---@return boolean
function M.is_without_output(operation)
  return not operation.undescribed and not (operation.output and operation.output.members[1])
end

local function is_frame(name)
  return name == "ResponseMetadata"
end

--- Raises an error if a reply is not one of the protocol, such as a page of a proxy.
---@param root xml.Element
function M.check_root(root)
  if not root.name:find "Response$" then
    fault.raise({}, ("the reply is <%s>, not the response of an operation"):format(fault.shown(root.name)))
  end
end

local function read(operation, root)
  if not operation.undescribed then -- a description by hand says itself what a reply must have
    M.check_root(root)
  end
  local result = result_of(root, operation)
  if operation.output and result then
    return xml_reader.structure(operation.output, result, {}, is_frame)
  elseif operation.output and next(operation.output.members) then
    fault.raise({}, ("the reply has no %s"):format(operation.output.resultWrapper))
  end
  local value = result and xml.value(result)
  return type(value) == "table" and value or {}
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
  local root, message = xml.parse(reply.body)
  local output
  if root then
    output, message = fault.catch(read, operation, root)
  else
    message = "the reply is not XML: " .. message
  end
  if output or M.is_without_output(operation) then
    return output or {}
  end
  return nil, message
end

--- Decodes the reply to a failed call, as far as possible.
---@param operation model.Operation
---@param reply protocol.Reply
---@return protocol.Error
function M.decode_error(_, operation, reply)
  return xml_error.of(operation, reply)
end

return M
