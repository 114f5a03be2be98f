--- The errors of protocols whose bodies are JSON or CBOR: where the code, the message and further members are.
---
---     json_error.of(service, operation, reply, body, read)
---     --> { code = "NoSuchThing", message = "...", members = { ... } }
---
--- https://smithy.io/2.0/aws/protocols/aws-json-1_1-protocol.html#operation-error-serialization

local fault = require "lanyard.protocol.fault"

local M = {}

---@class protocol.Error
---@field code? string
---@field message? string
---@field request_id? string
---@field type? "Sender"|"Receiver"  who is at fault, if the service says it
---@field members table  what else the error contains, by the shape of the error

local function text(value)
  return type(value) == "string" and value ~= "" and value or nil
end

-- Removes the namespace before a code and the URI after it: "aws.protocoltests#FooError:http://example.com".
local function bare(code)
  code = text(code)
  return code and text(code:match "^[^:]*":match "[^#]*$")
end

--- Returns the shape of an error of an operation; nil if the model does not have it.
---@param operation model.Operation
---@param code? string
---@return model.Shape?
function M.shape_of(operation, code)
  for _, shape in ipairs(code and operation.errors or {}) do
    if shape.name == code or shape.error and shape.error.code == code then
      return shape
    end
  end
end

-- Services that were Query services once send the code and the culprit that they had then:
-- AWS.SimpleQueueService.NonExistentQueue;Sender
local function query_error(headers)
  return (headers["x-amzn-query-error"] or ""):match "^([^;]+);?(%a*)"
end

--- Returns the error of a reply.
---@param operation model.Operation
---@param reply { status: integer, headers: table<string, string>, body: any }
---@param body table  the decoded body; empty if it is not an object
---@param read? fun(shape: model.Shape): table  returns the members of the error; may raise a fault
---@return protocol.Error
function M.of(operation, reply, body, read)
  local headers = reply.headers
  local code = bare(headers["x-amzn-errortype"]) or bare(body.__type) or bare(body.code) or bare(body.Code)
  local shape = M.shape_of(operation, code)
  local members = shape and fault.catch(read, shape)
  if members and not shape.by_name.code then
    members.code = nil -- it says which error this is, as __type does
  end
  local query_code, culprit = query_error(headers)
  return {
    code = query_code or code,
    message = text(body.message) or text(body.Message) or text(body.errorMessage) or text(body.error_description),
    request_id = text(headers["x-amzn-requestid"]) or text(headers["x-amz-request-id"]),
    type = (culprit == "Sender" or culprit == "Receiver") and culprit or nil,
    members = members or body,
  }
end

return M
