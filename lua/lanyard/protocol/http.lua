--- Bindings of members to HTTP, which rest-json and rest-xml share: the path, the query string, headers, the status
--- code and the payload.
---
---     http.request(operation, input, body)     -- body: how the protocol writes a structure, see protocol.Body
---     http.response(operation.output, reply, body)
---
--- https://smithy.io/2.0/spec/http-bindings.html

local event_stream = require "lanyard.protocol.event_stream"
local fault = require "lanyard.protocol.fault"
local header = require "lanyard.protocol.header"
local json = require "lanyard.json"
local lists = require "lanyard.lists"
local scalar = require "lanyard.protocol.scalar"

local M = {}

--- How a protocol writes and reads a structure or document in a body. The functions raise faults.
---@class protocol.Body
---@field content_type string
---@field raw_types? { blob: string, string: string }  the types of bodies that are bytes or a text; nil: the service
---  knows, as S3, which stores the type
---@field sends_empty boolean  an empty structure is sent as a body, unless the operation has no members for the body
---@field encode fun(shape: model.Shape, value: any, path: string[], input: model.Shape): string|userdata
---  shape: of the payload member, or `input` itself, whose members without a location are in the body then
---@field decode fun(shape: model.Shape, text: string, path: string[]): any
---@field surplus fun(text: string, shape: model.Shape): table  reads a body of which the shape has no member, without
---  faults: the call succeeded whatever the body is

-- The text of a value that is neither a secret nor binary.
local function plain(shape, value, path)
  local text = scalar.encode(shape, value, path, "iso8601")
  return type(text) == "string" and text or fault.raise(path, "a secret cannot be a part of a URL")
end

local function escape(text, kept)
  return (text:gsub("[^%w%-._~" .. (kept or "") .. "]", function(c) return ("%%%02X"):format(c:byte()) end))
end

-- ---------------------------------------------------------------------------------------------
-- The path and query string

-- Returns the members in the path, by the name of their label.
local function labels_of(shape)
  local labels = {}
  for _, member in ipairs(shape.members) do
    if member.location == "uri" then
      labels[member.locationName or member.member] = member
    end
  end
  return labels
end

local function expand(template, shape, input, path)
  local labels = labels_of(shape)
  return (template:gsub("{([^{}+]+)(%+?)}", function(label, greedy)
    local member = labels[label] or fault.raise(path, ("the path has no member for '{%s}'"):format(label))
    path[#path + 1] = member.member
    local value = input[member.member]
    if value == nil or value == json.null or value == "" then
      fault.raise(path, "the value is a part of the path: it cannot be missing or empty")
    end
    local text = escape(plain(member, value, path), greedy ~= "" and "/" or nil)
    path[#path] = nil
    return text
  end))
end

local function add_field(fields, name, text)
  fields[#fields + 1] = escape(name) .. "=" .. escape(text)
end

local function add_fields(fields, shape, name, value, path)
  if shape.type ~= "list" then
    return add_field(fields, name, plain(shape, value, path))
  elseif type(value) ~= "table" then
    fault.wrong_type(path, value, "a list")
  end
  for i, item in ipairs(value) do
    path[#path + 1] = i - 1
    if item ~= json.null then
      add_field(fields, name, plain(shape.item, item, path))
    end
    path[#path] = nil
  end
end

-- A map is more fields, of which a named member or the path's own field takes precedence.
local function add_map(fields, used, shape, value, path)
  if type(value) ~= "table" then
    fault.wrong_type(path, value, "a map")
  end
  for _, name in ipairs(lists.sorted_names(value)) do
    path[#path + 1] = name
    if not used[name] and value[name] ~= json.null then
      add_fields(fields, shape.value, name, value[name], path)
    end
    path[#path] = nil
  end
end

-- fixed: the query string of the operation's URI
local function query_of(fixed, shape, input, path)
  local fields, used, maps = {}, {}, {}
  for field in fixed:gmatch "[^&]+" do
    used[field:match "^[^=]*"] = true
    fields[#fields + 1] = field
  end
  for _, member in ipairs(shape.members) do
    local value = input[member.member]
    if member.location == "querystring" and value ~= nil and value ~= json.null then
      path[#path + 1] = member.member
      if member.type == "map" then
        maps[#maps + 1] = member
      else
        used[member.locationName or member.member] = true
        add_fields(fields, member, member.locationName or member.member, value, path)
      end
      path[#path] = nil
    end
  end
  for _, member in ipairs(maps) do
    path[#path + 1] = member.member
    add_map(fields, used, member, input[member.member], path)
    path[#path] = nil
  end
  return fields[1] and "?" .. table.concat(fields, "&") or ""
end

-- ---------------------------------------------------------------------------------------------
-- The body

-- Reports whether the input has members that are in the body.
local function has_body(shape)
  for _, member in ipairs(shape.members) do
    if not member.location then
      return true
    end
  end
  return false
end

local function in_body(shape, input)
  local rest = {}
  for name, value in pairs(input) do
    if not shape.by_name[name].location and value ~= json.null then
      rest[name] = value
    end
  end
  return rest
end

-- Returns the body of the member that is the whole body, and its type.
local function payload_of(shape, input, body, path)
  local member = shape.by_name[shape.payload]
  local value = input[shape.payload]
  local is_set = value ~= nil and value ~= json.null
  path[#path + 1] = shape.payload
  local text, content_type
  if member.eventstream and is_set then
    fault.raise(path, "a stream of events cannot be sent")
  elseif member.type == "blob" or member.type == "string" then
    text = is_set and value or nil
    content_type = text ~= "" and body.raw_types and body.raw_types[member.type] or nil
    if member.type == "string" and is_set then
      scalar.encode(member, value, path)
    elseif is_set and (type(value) == "number" or type(value) == "boolean") then
      fault.wrong_type(path, value, "bytes or a stream")
    end
  elseif is_set or body.sends_empty and not member.union and not member.document then
    text, content_type = body.encode(member, is_set and value or {}, path, shape), body.content_type
  end
  path[#path] = nil
  return text, text and content_type
end

-- Returns the body and its type; nil for none.
local function body_of(shape, input, body, path)
  if shape.payload then
    return payload_of(shape, input, body, path)
  end
  local rest = in_body(shape, input)
  if next(rest) ~= nil or body.sends_empty and has_body(shape) then
    return body.encode(shape, rest, path, shape), body.content_type
  end
end

-- ---------------------------------------------------------------------------------------------
-- Requests

-- Returns the prefix of the endpoint's host; nil: none.
function M.host_prefix(operation, input)
  local prefix = operation.traits.endpoint and operation.traits.endpoint.hostPrefix
  return prefix and (prefix:gsub("{([^{}]+)}", function(name)
    local value = input[name]
    if type(value) ~= "string" or not value:find "^[%w-]+$" or #value > 63 then
      fault.raise({ name }, "the value is a part of the host name: letters, digits and hyphens were expected")
    end
    return value
  end))
end

--- Builds a request. Raises a fault if a value cannot be sent.
---@param operation model.Operation
---@param input table
---@param body protocol.Body
---@return { method: string, target: string, headers: table<string, string|userdata>, body: any, host_prefix?: string }
function M.request(operation, input, body)
  local shape, path = operation.input, {}
  for name in pairs(input) do
    if not (shape and shape.by_name[name]) then
      fault.raise({ name }, "the member is unknown")
    end
  end
  local template, fixed = operation.uri:match "^([^?]*)%??(.*)$"
  local request = { method = operation.method, headers = {}, host_prefix = M.host_prefix(operation, input) }
  if not shape then
    request.target = operation.uri
    return request
  end
  request.target = expand(template, shape, input, path) .. query_of(fixed, shape, input, path)
  header.add(request.headers, shape, input, path)
  local content_type
  request.body, content_type = body_of(shape, input, body, path)
  if content_type and not header.find(request.headers, "content-type") then
    request.headers["Content-Type"] = content_type
  end
  return request
end

-- ---------------------------------------------------------------------------------------------
-- Replies

local function read_payload(output, shape, reply, body, path)
  local member = shape.by_name[shape.payload]
  path[#path + 1] = shape.payload
  if member.eventstream and type(reply.body) == "string" then
    output[shape.payload] = event_stream.read(member, reply.body, body.decode, path)
  elseif member.eventstream then
    output[shape.payload] = reply.body
  elseif member.type == "blob" or member.type == "string" then
    output[shape.payload] = (reply.body ~= "" or member.streaming) and reply.body or nil
  elseif reply.body ~= "" then
    output[shape.payload] = body.decode(member, reply.body, path)
  end
  path[#path] = nil
end

--- Reads a reply. Raises a fault if it does not fit.
---@param shape model.Shape  a structure: the output or an error
---@param reply { status: integer, headers: table<string, string>, body: any }  header names in lower case
---@param body protocol.Body
---@return table output
function M.response(shape, reply, body)
  local path, output = {}, {}
  if shape.payload then
    read_payload(output, shape, reply, body, path)
  elseif reply.body ~= "" then
    output = has_body(shape) and body.decode(shape, reply.body, path) or body.surplus(reply.body, shape)
  end
  for _, member in ipairs(shape.members) do
    if member.location == "statusCode" then
      output[member.member] = reply.status
    end
  end
  header.read(output, shape, reply.headers, path)
  return output
end

return M
