--- The AWS JSON protocol for services that are described by hand (lanyard.aws.services), whose shapes are not known: a
--- request is its Lua values as JSON. lanyard.protocol.json is for services with shapes; commands that call a described
--- service do not load it.
---
--- The modules of this folder stay beside lanyard.protocol: a description has no types for requests, its replies are
--- checked by other rules (lanyard.aws.shapes) and can be sealed. In lanyard.protocol, each of these would be a case of
--- its own in the modules for paths, headers, scalars and bodies.

local json = require "lanyard.json"
local json_error = require "lanyard.protocol.json_error"
local sealed_json = require "lanyard.protocol.sealed_json"

local M = { FORMAT = "json" }

local UNDESCRIBED = { errors = {} } -- an operation without shapes

--- Encodes the body of a request. Raises an error for a value that JSON cannot have.
---@param service aws.Service
---@param operation string
---@param value any
---@return string|userdata
function M.encode_body(service, operation, value)
  local ok, body = pcall(sealed_json.encode, value)
  if not ok then
    local message = tostring(body):gsub("^[^:\n]+:%d+: ", "") -- without the position in lanyard
    error(("%s:%s: %s"):format(service.name, operation, message), 0)
  end
  return body
end

--- Encodes a request.
---@param service aws.Service
---@param operation string
---@param input table
---@return table<string, string> headers
---@return string|userdata body
function M.encode(service, operation, input)
  return {
    ["Content-Type"] = "application/x-amz-json-" .. service.version,
    ["X-Amz-Target"] = service.target .. "." .. operation,
  }, M.encode_body(service, operation, next(input) == nil and {} or input)
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
  local output, err = json.decode(body, { nul = true }) -- a log of a container can have every character
  if err then
    return nil, "the reply is not JSON: " .. err.message
  elseif type(output) ~= "table" or #output > 0 then
    return nil, "the reply is not a JSON object"
  end
  local dropped = {}
  return body:find("null", 1, true) and without_null(output, dropped) or output, nil, dropped
end

local function text(value)
  return type(value) == "string" and value ~= "" and value or nil
end

--- Decodes the reply to a failed call, as far as possible.
---@param reply table
---@return { code?: string, message?: string, tip?: string, docs?: string } err
---@return table members  the decoded body
function M.decode_error(reply)
  local err = json_error.of(UNDESCRIBED, reply, M.decode(reply.body) or {})
  return {
    code = err.code, message = err.message, tip = text(err.members.tip), docs = text(err.members.docs),
  }, err.members
end

return M
