--- The REST JSON protocol: the description of an operation places the members of a request in the path, the query,
--- headers and the body (lanyard.aws.services). Errors have the same form as in AWS JSON.
--- https://smithy.io/2.0/aws/protocols/aws-restjson1-protocol.html

local escape = require "lanyard.aws.protocol.escape"
local json_protocol = require "lanyard.aws.protocol.json"
local sealed_json = require "lanyard.protocol.sealed_json"

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

-- Returns the body: the members that are in neither path, query nor headers.
local function body_of(described, input)
  if described.payload then
    return sealed_json.encode(input[described.payload])
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
  return sealed_json.encode(rest)
end

--- Encodes a request. Headers and members of the body can be sealed secrets; then the body is sealed, too.
---@param service aws.Service
---@param operation string
---@param input table
---@return table<string, string|userdata> headers
---@return string|userdata|nil body
---@return string method
---@return string target  the path and query
function M.encode(service, operation, input)
  local described = service.operations[operation]
  local headers = {}
  for name, member in pairs(described.headers) do
    headers[name] = input[member]
  end
  local body = body_of(described, input)
  if body then
    headers["Content-Type"] = "application/json"
  end
  return headers, body, described.method, path_of(described, input) .. query_of(described, input)
end

--- Decodes a reply.
---@param body string
---@param described aws.Operation
---@return table? output
---@return string? message
---@return table<table, integer>? dropped  see lanyard.aws.protocol.json
function M.decode(body, _, described)
  local output, message, dropped = json_protocol.decode(body)
  if output and described.reply_payload then
    return { [described.reply_payload] = output }, nil, dropped
  end
  return output, message, dropped
end

--- Decodes the reply to a failed call, as far as possible. `reason` is the OAuth 2.0 code, which the sign-in services
--- use for details.
---@param reply table
---@return { code?: string, message?: string, reason?: string } err
function M.decode_error(reply)
  local err, body = json_protocol.decode_error(reply)
  local function text(member)
    return type(body[member]) == "string" and body[member] ~= "" and body[member] or nil
  end
  err.code = err.code or text "Code"
  err.message = err.message or text "errorMessage" or text "error_description"
  err.reason = text "error"
  return err
end

return M
