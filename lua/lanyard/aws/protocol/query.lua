-- The AWS Query protocol: a form goes there, XML comes back.
-- https://smithy.io/2.0/aws/protocols/aws-query-protocol.html

local json = require "lanyard.json"
local xml = require "lanyard.aws.xml"

local M = {}

local function escape(text)
  return (tostring(text):gsub("[^%w%-._~]", function(c) return ("%%%02X"):format(c:byte()) end))
end

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

-- encode(service, operation, input) --> headers, body
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

-- decode(body, operation) --> output | nil, what is wrong
function M.decode(body, operation)
  local root, why = xml.parse(body)
  if not root then
    return nil, "the answer is no XML: " .. why
  end
  local result = xml.child(root, operation .. "Result")
  local output = result and xml.value(result)
  return type(output) == "table" and output or {}
end

-- decode_error(reply) --> { code, message, request_id }, whatever could be found
function M.decode_error(reply)
  local root = xml.parse(reply.body)
  local answer = root and xml.value(root)
  if type(answer) ~= "table" then
    return {}
  end
  local errors = type(answer.Errors) == "table" and answer.Errors or answer
  local err = type(errors.Error) == "table" and errors.Error or {}
  return { code = err.Code, message = err.Message, request_id = answer.RequestId or answer.RequestID }
end

return M
