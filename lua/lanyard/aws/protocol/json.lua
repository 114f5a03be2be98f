--- The AWS JSON protocol, 1.0 and 1.1.
--- https://smithy.io/2.0/aws/protocols/aws-json-1_1-protocol.html

local json = require "lanyard.json"

local M = { FORMAT = "json" }

--- Encodes a request.
---@param service aws.Service
---@param operation string
---@param input table
---@return table<string, string> headers
---@return string body
function M.encode(service, operation, input)
  return {
    ["Content-Type"] = "application/x-amz-json-" .. service.version,
    ["X-Amz-Target"] = service.target .. "." .. operation,
  }, json.encode(next(input) == nil and {} or input)
end

-- Removes null from a table, which means absent in AWS's replies. In a list the following items move up; `dropped` gets
-- the position of the last item that was null.
local function without_null(value, dropped)
  local count, position = #value, 0
  for i = 1, count do
    local item = value[i]
    value[i] = nil
    if item ~= json.null then
      position = position + 1
      value[position] = item
    else
      dropped[value] = i
    end
  end
  for name, member in pairs(value) do
    if member == json.null then
      value[name] = nil
    elseif type(member) == "table" then
      without_null(member, dropped)
    end
  end
  return value
end

--- Decodes a reply.
---@param body string
---@return table? output
---@return string? message
---@return table<table, integer>? dropped  the position of an item that was null, by list
function M.decode(body)
  if body == "" then
    return {}
  end
  local output, err = json.decode(body)
  if err then
    return nil, "the reply is not JSON: " .. err.message
  elseif type(output) ~= "table" or #output > 0 then
    return nil, "the reply is not a JSON object"
  end
  local dropped = {}
  return without_null(output, dropped), nil, dropped
end

local function text(value)
  return type(value) == "string" and value ~= "" and value or nil
end

-- Returns the code in the older Query form, which services that changed to JSON send for old clients:
-- AWS.SimpleQueueService.NonExistentQueue;Sender
local function query_code(headers)
  return (headers["x-amzn-query-error"] or ""):match "^([^;]+);"
end

--- Decodes the reply to a failed call, as far as possible.
---@param reply table
---@return { code?: string, message?: string, tip?: string, docs?: string } err
---@return table body  the decoded body
function M.decode_error(reply)
  local body = M.decode(reply.body) or {}
  local code = text(body.__type) or text(reply.headers["x-amzn-errortype"]) or text(body.code)
  return {
    code = query_code(reply.headers) or code and text(code:match "^[^:]*":match "[^#]*$"),
    message = text(body.message) or text(body.Message),
    tip = text(body.tip),
    docs = text(body.docs),
  }, body
end

return M
