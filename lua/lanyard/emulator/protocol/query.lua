--- The protocol AWS Query: parses forms and builds replies in XML.

local escape = require "lanyard.text.escape"
local json = require "lanyard.json"
local lists = require "lanyard.lists"

---@type emulator.Protocol
local M = {}

local function unescape(text)
  if not text:find "[+%%]" then
    return text
  end
  return (text:gsub("+", " "):gsub("%%(%x%x)", function(hex) return string.char(tonumber(hex, 16)) end))
end

-- Sets the value at a path such as "A.member.2.B": members by name, list items by number.
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
  if not last then
    return
  end
  node[math.tointeger(tonumber(last)) or last] = value
end

-- The form that was parsed last: several functions read the form of a request.
local last_body, last_form

-- Returns the fields of a request's form. The table must not be changed.
local function form_of(request)
  if request.body ~= last_body then
    last_body, last_form = request.body, {}
    for pair in request.body:gmatch "[^&]+" do
      local name, value = pair:match "^([^=]*)=?(.*)$"
      last_form[unescape(name)] = unescape(value)
    end
  end
  return last_form
end

--- Returns the operation of a request.
---@return string?
function M.operation(request, service)
  local form = form_of(request)
  return form.Version == service.version and form.Action or nil
end

--- Parses the input of a request.
---@return table
function M.input(request)
  local form, input = form_of(request), {}
  for _, name in ipairs(lists.sorted_names(form)) do
    if name ~= "Action" and name ~= "Version" then
      local value = form[name]
      put(input, name, name == "DurationSeconds" and math.tointeger(tonumber(value)) or value)
    end
  end
  return input
end

local function add(parts, name, value)
  if type(value) ~= "table" then
    parts[#parts + 1] = "<" .. name .. ">" .. escape.markup(value) .. "</" .. name .. ">"
    return
  end
  parts[#parts + 1] = "<" .. name .. ">"
  if #value > 0 then
    for _, item in ipairs(value) do
      add(parts, "member", item)
    end
  else
    for _, member in ipairs(lists.sorted_names(value)) do
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

--- Returns the reply for an output.
function M.output(output, request_id, service, operation)
  return xml_reply(200, operation .. "Response", service, {
    { operation .. "Result", output }, { "ResponseMetadata", { RequestId = request_id } },
  }, request_id)
end

--- Returns the reply for an exception.
---@param exception emulator.Exception
function M.exception(exception, request_id, service)
  local kind = exception.status >= 500 and "Receiver" or "Sender"
  return xml_reply(exception.status, "ErrorResponse", service, {
    { "Error", { Type = kind, Code = exception.code, Message = exception.message } }, { "RequestId", request_id },
  }, request_id)
end

--- Returns the exception for an unknown operation.
---@return emulator.Exception
function M.unknown(request, service)
  local form = form_of(request)
  local version = form.Version or service.version
  return {
    code = "InvalidAction",
    message = ("Could not find operation %s for version %s"):format(form.Action or "null", version),
    status = 400,
  }
end

return M
