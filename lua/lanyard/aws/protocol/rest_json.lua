-- The REST JSON protocol: the members of a call go where its description says, into the path, the
-- query, headers and the body (see lanyard.aws.services); errors are those of AWS JSON.
-- https://smithy.io/2.0/aws/protocols/aws-restjson1-protocol.html

local credentials = require "lanyard.credentials"
local escape = require "lanyard.aws.protocol.escape"
local json = require "lanyard.json"
local json_protocol = require "lanyard.aws.protocol.json"

local M = { FORMAT = "json" }

local BODILESS = { GET = true, HEAD = true, DELETE = true }

local function path_of(described, input)
  return (described.path:gsub("{(%w+)(%+?)}", function(member, greedy)
    local value = tostring(input[member])
    if value == "" then
      error(member .. " is a part of the path and must not be empty", 0)
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

local function is_secret(value)
  local class = type(value) == "userdata" and getmetatable(value)
  return class and class.__name == "lanyard.secret"
end

-- Adds the JSON of a value to the parts. A sealed secret among its members is a part of its own.
local function add_parts(parts, value)
  local sealed = false
  for _, member in pairs(type(value) == "table" and value or {}) do
    sealed = sealed or is_secret(member)
  end
  if not sealed then
    parts[#parts + 1] = json.encode(value)
    return
  end
  local mark = "{"
  for name, member in pairs(value) do
    parts[#parts + 1] = mark .. json.encode(name) .. ":"
    mark = ","
    if is_secret(member) then
      table.move({ '"', member, '"' }, 1, 3, #parts + 1, parts)
    else
      add_parts(parts, member)
    end
  end
  parts[#parts + 1] = "}"
end

-- The JSON of a value, sealed where a member of it is.
local function encode_body(value)
  local parts = {}
  add_parts(parts, value)
  return #parts == 1 and parts[1] or credentials.join(parts, "json")
end

-- What of the input is in neither path, query nor headers.
local function body_of(described, input)
  if described.payload then
    return encode_body(input[described.payload])
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
  return encode_body(rest)
end

-- encode(service, operation, input) --> headers, body | nil, method, target
-- What goes into a header, and a member of the body, may be a sealed secret; so is the body then.
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

-- decode(body, operation, described) --> output | nil, what is wrong
function M.decode(body, _, described)
  local output, why = json_protocol.decode(body)
  if output and described.reply_payload then
    return { [described.reply_payload] = output }
  end
  return output, why
end

-- decode_error(reply) --> { code, message, reason }, whatever could be found
-- reason: the code of OAuth 2.0, in which the sign-in services say more than in AWS's.
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
