--- The AWS Query protocol: requests are forms, replies are XML.
--- https://smithy.io/2.0/aws/protocols/aws-query-protocol.html

local escape = require "lanyard.aws.protocol.escape"
local json = require "lanyard.json"
local xml = require "lanyard.text.xml"

local M = { FORMAT = "xml" }

local function add(fields, name, value)
  if type(value) ~= "table" then
    fields[#fields + 1] = escape(name) .. "=" .. escape(value)
  elseif json.is_array(value) or #value > 0 then
    for i, item in ipairs(value) do
      add(fields, ("%s.member.%d"):format(name, i), item)
    end
    if #value == 0 then
      fields[#fields + 1] = escape(name) .. "="
    end
  else
    for member, item in pairs(value) do
      add(fields, name .. "." .. member, item)
    end
  end
end

--- Encodes a request.
---@param service aws.Service
---@param operation string
---@param input table
---@return table<string, string> headers
---@return string body
function M.encode(service, operation, input)
  local fields = {}
  for name, value in pairs(input) do
    add(fields, name, value)
  end
  table.sort(fields)
  table.insert(fields, 1, ("Action=%s&Version=%s"):format(operation, service.version))
  return {
    ["Content-Type"] = "application/x-www-form-urlencoded; charset=utf-8",
  }, table.concat(fields, "&")
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

--- Decodes the reply to a failed call, as far as possible. The Error element is in an ErrorResponse, in the Errors of a
--- Response, or the root.
---@param reply table
---@return { code?: string, message?: string, request_id?: string } err
function M.decode_error(reply)
  local root = xml.parse(reply.body)
  local answer = root and xml.value(root)
  if type(answer) ~= "table" then
    return {}
  end
  local errors = type(answer.Errors) == "table" and answer.Errors or answer
  local err = type(errors.Error) == "table" and errors.Error or root.name == "Error" and answer or {}
  local function text(value)
    return type(value) == "string" and value ~= "" and value or nil
  end
  return {
    code = text(err.Code),
    message = text(err.Message),
    request_id = text(answer.RequestId) or text(answer.RequestID),
  }
end

return M
