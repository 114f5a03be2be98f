-- Requests and replies in the two protocols that the emulated services speak.

local errors = require "lanyard.errors"
local json = require "lanyard.json"

local M = { json = {}, query = {} }

-- ---------------------------------------------------------------------------------------------
-- AWS JSON 1.1

-- operation(request, service) --> name | nil when the target is not the service's
function M.json.operation(request, service)
  local prefix, name = (request.headers["x-amz-target"] or ""):match "^(.*)%.([%w]+)$"
  return prefix == service.target and name or nil
end

-- input(request) --> table | nil, err
function M.json.input(request)
  local kind = (request.headers["content-type"] or ""):match "^[^;%s]*"
  if kind ~= "application/x-amz-json-1.1" then
    return nil, errors.new { code = "UnknownOperationException", message = "" }
  end
  local value = request.body == "" and {} or json.decode(request.body)
  if type(value) ~= "table" or json.is_array(value) then
    return nil, errors.new { code = "SerializationException", message = "" }
  end
  return value
end

local function json_reply(status, value, request_id)
  return {
    status = status,
    headers = { ["Content-Type"] = "application/x-amz-json-1.1", ["x-amzn-RequestId"] = request_id },
    body = json.encode(value),
  }
end

function M.json.output(output, request_id)
  return json_reply(200, output, request_id)
end

function M.json.fault(fault, request_id)
  local body = { __type = fault.code, message = fault.message }
  for name, value in pairs(fault.extra or {}) do
    body[name] = value
  end
  return json_reply(fault.status, body, request_id)
end

-- What an unknown operation gets.
function M.json.unknown()
  return { code = "UnknownOperationException", message = "", status = 400 }
end

-- ---------------------------------------------------------------------------------------------
-- Query

local function unescape(text)
  return (text:gsub("+", " "):gsub("%%(%x%x)", function(hex) return string.char(tonumber(hex, 16)) end))
end

-- Puts a value at "A.member.2.B": members by name, list items by number.
local function put(root, path, value)
  local node, parts = root, {}
  for part in path:gmatch "[^.]+" do
    parts[#parts + 1] = part
  end
  for i = 1, #parts - 1 do
    local name = parts[i]
    if name ~= "member" then
      local key = math.tointeger(tonumber(name)) or name
      local is_list = parts[i + 1] == "member"
      node[key] = type(node[key]) == "table" and node[key] or (is_list and json.array {} or {})
      node = node[key]
    end
  end
  local last = parts[#parts]
  node[math.tointeger(tonumber(last)) or last] = value
end

local function form_of(request)
  local form = {}
  for pair in request.body:gmatch "[^&]+" do
    local name, value = pair:match "^([^=]*)=?(.*)$"
    form[unescape(name)] = unescape(value)
  end
  return form
end

function M.query.operation(request, service)
  local form = form_of(request)
  return form.Version == service.version and form.Action or nil
end

function M.query.input(request)
  local names, input = {}, {}
  local form = form_of(request)
  for name in pairs(form) do
    names[#names + 1] = name
  end
  table.sort(names)
  for _, name in ipairs(names) do
    if name ~= "Action" and name ~= "Version" then
      local value = form[name]
      put(input, name, name == "DurationSeconds" and math.tointeger(tonumber(value)) or value)
    end
  end
  return input
end

local function escape(text)
  return (tostring(text):gsub("[&<>\"]", { ["&"] = "&amp;", ["<"] = "&lt;", [">"] = "&gt;", ['"'] = "&quot;" }))
end

local function add(parts, name, value)
  if type(value) ~= "table" then
    parts[#parts + 1] = ("<%s>%s</%s>"):format(name, escape(value), name)
    return
  end
  parts[#parts + 1] = "<" .. name .. ">"
  if #value > 0 then
    for _, item in ipairs(value) do
      add(parts, "member", item)
    end
  else
    local names = {}
    for member in pairs(value) do
      names[#names + 1] = member
    end
    table.sort(names)
    for _, member in ipairs(names) do
      add(parts, member, value[member])
    end
  end
  parts[#parts + 1] = "</" .. name .. ">"
end

local function xml_reply(status, root, service, content, request_id)
  local parts = {}
  for _, pair in ipairs(content) do
    add(parts, pair[1], pair[2])
  end
  return {
    status = status,
    headers = { ["Content-Type"] = "text/xml", ["x-amzn-RequestId"] = request_id },
    body = ('<%s xmlns="%s">%s</%s>\n'):format(root, service.xmlns, table.concat(parts), root),
  }
end

function M.query.output(output, request_id, service, operation)
  return xml_reply(200, operation .. "Response", service, {
    { operation .. "Result", output }, { "ResponseMetadata", { RequestId = request_id } },
  }, request_id)
end

function M.query.fault(fault, request_id, service)
  local kind = fault.status >= 500 and "Receiver" or "Sender"
  return xml_reply(fault.status, "ErrorResponse", service, {
    { "Error", { Type = kind, Code = fault.code, Message = fault.message } }, { "RequestId", request_id },
  }, request_id)
end

function M.query.unknown(request, service)
  local form = form_of(request)
  local version = form.Version or service.version
  return {
    code = "InvalidAction",
    message = ("Could not find operation %s for version %s"):format(form.Action or "null", version),
    status = 400,
  }
end

return M
