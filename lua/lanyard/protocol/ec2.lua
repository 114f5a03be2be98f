--- The EC2 Query protocol: as AWS Query, with other names of fields, lists without `member`, and replies whose root has
--- the members of the output.
--- https://smithy.io/2.0/aws/protocols/aws-ec2-query-protocol.html

local fault = require "lanyard.protocol.fault"
local form = require "lanyard.protocol.form"
local query = require "lanyard.protocol.query"
local xml = require "lanyard.text.xml"
local xml_reader = require "lanyard.protocol.xml_reader"

local M = { FORMAT = "xml", ALWAYS_XML = true, decode_error = query.decode_error }

--- Encodes a request.
---@param service model.Service
---@param operation model.Operation
---@param input table
---@return protocol.Request?
---@return string? message  why a value cannot be sent
function M.encode(service, operation, input)
  return fault.catch(query.request, service, operation, input, form.EC2)
end

-- Operations without an output report success as <return>true</return>.
local FRAMES = { requestId = true, ["return"] = true }

local function is_frame(name)
  return FRAMES[name]
end

local NO_OUTPUT = { type = "structure", members = {}, by_name = {} }

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
    output, message = fault.catch(function()
      query.check_root(root)
      return xml_reader.structure(operation.output or NO_OUTPUT, root, {}, is_frame)
    end)
  else
    message = "the reply is not XML: " .. message
  end
  if output or query.is_without_output(operation) then
    return output or {}
  end
  return nil, message
end

return M
