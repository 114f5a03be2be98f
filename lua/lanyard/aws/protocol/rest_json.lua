--- The REST JSON protocol: the description of an operation places the members of a request in the path, the query,
--- headers and the body (lanyard.aws.services). Errors have the same form as in AWS JSON. See lanyard.aws.protocol.json
--- for why it is not lanyard.protocol.rest_json.
--- https://smithy.io/2.0/aws/protocols/aws-restjson1-protocol.html

local escape = require "lanyard.aws.protocol.escape"
local json_protocol = require "lanyard.aws.protocol.json"

local M = { FORMAT = "json" }

local BODILESS = { GET = true, HEAD = true, DELETE = true }

local function path_of(described, input)
  return (described.path:gsub("{(%w+)(%+?)}", function(member, greedy)
    local value = tostring(input[member])
    if value == "" then
      error(member .. " is a part of the path and cannot be empty", 0)
    end
    return greedy == "" and escape(value) or (value:gsub("[^/]+", escape))
  end))
end

local function query_of(described, input)
  local fields = {}
  for _, parameter in ipairs(described.query) do
    local value = parameter.value
    if parameter.member then
      value = input[parameter.member]
    end
    for _, item in ipairs(type(value) == "table" and value or { value }) do
      fields[#fields + 1] = parameter.name .. "=" .. escape(item)
    end
  end
  return #fields > 0 and "?" .. table.concat(fields, "&") or ""
end

-- Returns the body, and its type: the members that are in neither path, query nor headers.
local function body_of(described, input, encode)
  if described.raw_payload then
    local bytes = input[described.payload]
    if type(bytes) ~= "string" and type(bytes) ~= "userdata" then
      error(described.payload .. " is the body: a string was expected", 0)
    end
    return bytes, "application/octet-stream"
  elseif described.payload then
    return encode(input[described.payload]), "application/json"
  end
  local rest = {}
  for member, value in pairs(input) do
    if not described.placed[member] then
      rest[member] = value
    end
  end
  if next(rest) == nil and BODILESS[described.method] then
    return nil
  end
  return encode(rest), "application/json"
end

-- Returns what precedes the host of the endpoint.
local function prefix_of(described, input)
  return described.host_prefix and (described.host_prefix:gsub("{(%w+)}", function(member)
    local value = tostring(input[member])
    if not value:find "^[%w-]+$" or #value > 63 then
      error(member .. " is a part of the host: letters, digits and hyphens were expected", 0)
    end
    return value
  end))
end

--- Encodes a request. Headers and members of the body can be sealed secrets; then the body is sealed, too.
---@param service aws.Service
---@param operation string
---@param input table
---@return table<string, string|userdata> headers
---@return string|userdata|nil body
---@return string method
---@return string target  the path and query
---@return string? host_prefix
function M.encode(service, operation, input)
  local described = service.operations[operation]
  local headers = {}
  for name, member in pairs(described.headers) do
    headers[name] = input[member]
  end
  local body, content_type = body_of(described, input, function(value)
    return json_protocol.encode_body(service, operation, value)
  end)
  local has_type = false
  for name in pairs(headers) do
    has_type = has_type or name:lower() == "content-type"
  end
  if body and not has_type then
    headers["Content-Type"] = content_type
  end
  return headers, body, described.method, path_of(described, input) .. query_of(described, input),
    prefix_of(described, input)
end

local function decode_body(body, described)
  if described.raw_reply then
    return { [described.reply_payload] = body }
  end
  local output, message, dropped = json_protocol.decode(body)
  if output and described.reply_payload then
    return { [described.reply_payload] = output }, nil, dropped
  end
  return output, message, dropped
end

--- Decodes a reply.
---@param body string
---@param described aws.Operation
---@param headers? table<string, string>  of the reply, names in lower case
---@return table? output
---@return string? message
---@return table<table, integer>? dropped  see lanyard.aws.protocol.json
function M.decode(body, _, described, headers)
  local output, message, dropped = decode_body(body, described)
  for header, member in pairs(output and headers and described.reply_headers or {}) do
    output[member] = headers[header]
  end
  return output, message, dropped
end

--- Decodes the reply to a failed call, as far as possible. `reason` is the OAuth 2.0 code, which the sign-in services
--- use for details.
---@param reply table
---@return { code?: string, message?: string, reason?: string } err
function M.decode_error(reply)
  local err, body = json_protocol.decode_error(reply)
  err.reason = type(body.error) == "string" and body.error ~= "" and body.error or nil
  return err
end

return M
