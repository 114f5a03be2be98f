--- Reads the errors of protocols whose bodies are XML. The Error element is in an ErrorResponse, in the Errors of a
--- Response (EC2), or the root (S3).
---
---     xml_error.of(operation, reply)   --> { code = "NoSuchBucket", members = { BucketName = "b" }, ... }

local fault = require "lanyard.protocol.fault"
local header = require "lanyard.protocol.header"
local json_error = require "lanyard.protocol.json_error"
local xml = require "lanyard.text.xml"
local xml_reader = require "lanyard.protocol.xml_reader"

local M = {}

local function text_of(element, name)
  local child = element and xml.child(element, name)
  return child and #child == 0 and child.text ~= "" and child.text or nil
end

local function find(root)
  local errors = xml.child(root, "Errors") or root
  return xml.child(errors, "Error") or root.name == "Error" and root or nil
end

-- The elements that every error has.
local FRAME = { Type = true, Code = true, Message = true, RequestId = true, RequestID = true, HostId = true }

local function is_frame(name)
  return FRAME[name]
end

local NO_MEMBERS = { type = "structure", members = {}, by_name = {} }

-- Returns the members of an error. They are read as far as possible: an error about them would hide the error itself.
local function members_of(shape, element, headers)
  local members = fault.catch(xml_reader.structure, shape or NO_MEMBERS, element, {}, is_frame)
  if not members then
    return fault.catch(xml_reader.structure, NO_MEMBERS, element, {}, is_frame) or {}
  elseif shape then
    fault.catch(header.read, members, shape, headers, {})
  end
  return members
end

local TYPES = { Sender = "Sender", Receiver = "Receiver", Server = "Receiver", Client = "Sender" }

--- Returns the error of a reply.
---@param operation model.Operation
---@param reply protocol.Reply
---@return protocol.Error
function M.of(operation, reply)
  local headers = reply.headers
  local root = type(reply.body) == "string" and xml.parse(reply.body)
  local element = root and find(root)
  local code = text_of(element, "Code")
  -- Route 53 has errors whose root is the error itself.
  if root and not element and json_error.shape_of(operation, root.name) then
    element, code = root, root.name
  end
  return {
    code = code,
    message = text_of(element, "Message") or text_of(element, "message"),
    type = TYPES[text_of(element, "Type")],
    request_id = text_of(root, "RequestId") or text_of(root, "RequestID") or text_of(element, "RequestId")
      or headers["x-amzn-requestid"] or headers["x-amz-request-id"],
    members = element and members_of(json_error.shape_of(operation, code), element, headers) or {},
  }
end

return M
