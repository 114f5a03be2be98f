-- Compares requests and replies of the protocol modules with botocore's, for generated inputs of every operation:
--
--     [PYTHON=/usr/bin/python3] lua5.4 tests/compare/protocols.lua build [--index] [SERVICE|PROTOCOL...]
--
-- It prints each difference, and the number of comparisons per protocol. It needs a python3 with botocore. With --index, the
-- models are those in build/models.index, which must come from the same botocore.

local folder, from_index = arg[1] or "build", arg[2] == "--index"
local chosen = table.concat(arg, " ", from_index and 3 or 2)
local python = os.getenv "PYTHON" or "python3"
package.path = "lua/?.lua;lua/?/init.lua;" .. package.path
package.cpath = folder .. "/?.so;" .. package.cpath

local cbor = require "lanyard.protocol.cbor"
local crypto = require "lanyard.crypto"
local index = require "lanyard.model.index"
local json = require "lanyard.json"
local model = require "lanyard.model"
local xml = require "lanyard.text.xml"

local MODULES = {
  json = "json", query = "query", ec2 = "ec2", ["rest-json"] = "rest_json", ["rest-xml"] = "rest_xml",
  ["smithy-rpc-v2-cbor"] = "rpc_v2_cbor",
}

local version = assert(io.popen(python .. " -c 'import botocore; print(botocore.__version__)' 2> /dev/null")):read "l"
if not version then
  print(python .. " has no botocore: nothing is compared (Debian's package is python3-botocore)")
  os.exit(0)
elseif from_index and index.source() ~= "botocore " .. version then
  print(("the index has the models of %s, and %s has botocore %s: nothing is compared"):format(index.source(), python, version))
  os.exit(0)
end

-- Converts between the values of Lua and the values that JSON can have: bytes are base64 there.
local function convert(shape, value, blob)
  if not shape or shape.document or value == json.null or shape.jsonvalue then
    return value
  elseif shape.type == "blob" then
    return type(value) == "string" and blob(value) or value
  elseif type(value) ~= "table" then
    return value
  end
  local converted = {}
  for name, item in pairs(value) do
    converted[name] = convert(shape.type == "structure" and shape.by_name[name] or shape.item or shape.value, item, blob)
  end
  return json.is_array(value) and json.array(converted) or converted
end

local function comparable(value)
  if type(value) ~= "table" then
    if value ~= value then return "NaN" end
    return math.type(value) == "float" and math.tointeger(value) or value
  end
  local copy = {}
  for name, item in pairs(value) do
    if item ~= json.null then copy[name] = comparable(item) end
  end
  return copy
end

local function text(value)
  return json.encode(comparable(value))
end

local function unescape(value)
  return (value:gsub("%%(%x%x)", function(digits) return string.char(tonumber(digits, 16)) end))
end

local function sorted(fields)
  table.sort(fields)
  return table.concat(fields, "\n")
end

local function form_fields(body)
  local fields = {}
  for field in body:gmatch "[^&]+" do
    fields[#fields + 1] = unescape(field)
  end
  return sorted(fields)
end

local function xml_text(element)
  local children, attributes = {}, {}
  for i, child in ipairs(element) do children[i] = xml_text(child) end
  for name, value in pairs(element.attributes or {}) do attributes[#attributes + 1] = name .. "=" .. value end
  return ("<%s %s>%q%s"):format(element.name, sorted(attributes), #element == 0 and element.text or "", sorted(children))
end

local BODIES = {
  form = form_fields,
  json = function(body) return text(assert(json.decode(body))) end,
  cbor = function(body) return text(cbor.plain(assert(cbor.decode(body)))) end,
  xml = function(body) return xml_text(assert(xml.parse(body))) end,
}
local FORMATS = { query = "form", ec2 = "form", ["rest-xml"] = "xml", ["smithy-rpc-v2-cbor"] = "cbor" }

local function body_text(protocol, body)
  if body == "" then return "" end
  local ok, result = pcall(BODIES[FORMATS[protocol] or "json"], body)
  return ok and result or body
end

-- Headers that the protocols have, and botocore leaves out.
local LEFT_OUT = {
  ["content-type: application/xml"] = true, ["content-type: text/plain"] = true,
  ["content-type: application/octet-stream"] = true,
}

-- A request as text, one part per line.
local function request_text(protocol, request)
  local lines = { request.method, request.host_prefix or "", request.path, "?" .. sorted(request.fields) }
  local headers = {}
  for name, value in pairs(request.headers) do
    local line = name:lower() .. ": " .. value:gsub("; charset=utf%-8$", ""):gsub(", ", ",")
    headers[#headers + 1] = not LEFT_OUT[line] and line or nil
  end
  lines[#lines + 1] = sorted(headers)
  lines[#lines + 1] = body_text(protocol, request.body)
  return table.concat(lines, "\n")
end

local function theirs(protocol, request)
  local path, fixed = request.path:match "^([^?]*)%??(.*)$"
  local fields = {}
  for field in fixed:gmatch "[^&]+" do fields[#fields + 1] = unescape(field) end
  for _, field in ipairs(request.query) do fields[#fields + 1] = field[1] .. "=" .. field[2] end
  return request_text(protocol, {
    method = request.method, path = path, fields = fields, headers = request.headers,
    body = crypto.base64_decode(request.body), host_prefix = request.host_prefix ~= json.null and request.host_prefix,
  })
end

local function ours(protocol, request)
  local path, query = request.target:match "^([^?]*)%??(.*)$"
  local fields = {}
  for field in query:gmatch "[^&]+" do fields[#fields + 1] = unescape(field) end
  return request_text(protocol, {
    method = request.method, path = path, fields = fields, headers = request.headers, body = request.body or "",
    host_prefix = request.host_prefix,
  })
end

local counts = {}

local function count(protocol, what)
  counts[protocol] = counts[protocol] or {}
  counts[protocol][what] = (counts[protocol][what] or 0) + 1
end

-- Returns the lines of a text that another one does not have.
local function lines_only_in(one, other)
  local seen, lines = {}, {}
  for line in (other .. "\n"):gmatch "(.-)\n" do seen[line] = true end
  for line in (one .. "\n"):gmatch "(.-)\n" do
    if not seen[line] then lines[#lines + 1] = line:sub(1, 1500) end
  end
  return table.concat(lines, "\n")
end

local function report(where, expected, found)
  print(("--- %s\nbotocore: %s\nlanyard:  %s"):format(where, lines_only_in(expected, found), lines_only_in(found, expected)))
end

local function compare_input(service, protocol, module, operation, case, where)
  if not case.request then return count(protocol, "not written by botocore") end
  local input = convert(operation.input, case.params, crypto.base64_decode)
  local request, message = module.encode(service, operation, input)
  local expected, found = theirs(protocol, case.request), request and ours(protocol, request) or tostring(message)
  count(protocol, expected == found and "requests equal" or "REQUESTS DIFFERENT")
  if expected ~= found then report(where .. " request", expected, found) end
end

local function compare_output(service, protocol, module, operation, case, where)
  local reply = case.reply
  reply.body = crypto.base64_decode(reply.body)
  local output, message = module.decode(service, operation, reply)
  local expected = text(case.output)
  local found = output and text(convert(operation.output, output, crypto.base64)) or tostring(message)
  count(protocol, expected == found and "replies equal" or "REPLIES DIFFERENT")
  if expected ~= found then report(where .. " reply " .. reply.body:sub(1, 2000), expected, found) end
end

local function compare_error(service, protocol, module, operation, case, where)
  for _, entry in ipairs(case.errors) do
    local reply = entry.reply
    reply.body = crypto.base64_decode(reply.body)
    local err = module.decode_error(service, operation, reply)
    local shape
    for _, candidate in ipairs(operation.errors) do
      if candidate.name == entry.shape then shape = candidate end
    end
    local expected = text { entry.code, entry.message, entry.members }
    local found = text { err.code, err.message or "", convert(shape, err.members, crypto.base64) }
    count(protocol, expected == found and "errors equal" or "ERRORS DIFFERENT")
    if expected ~= found then report(where .. " error " .. reply.body:sub(1, 2000), expected, found) end
  end
end

local pipe <close> = assert(io.popen(python .. " tests/compare/protocols.py " .. chosen))
for line in pipe:lines() do
  local entry = assert(json.decode(line))
  local service = model.new(from_index and assert(index.service(entry.service)) or entry.model)
  local protocol = entry.model.metadata.protocol
  local module = require("lanyard.protocol." .. MODULES[protocol])
  for _, case in ipairs(entry.cases) do
    local operation = service:operation(case.operation)
    local where = ("%s %s %s"):format(entry.service, case.operation, case.kind)
    compare_input(service, protocol, module, operation, case, where)
    if case.reply then compare_output(service, protocol, module, operation, case, where) end
    if case.errors then compare_error(service, protocol, module, operation, case, where) end
  end
end

for protocol, numbers in pairs(counts) do
  local parts = {}
  for what, number in pairs(numbers) do parts[#parts + 1] = ("%d %s"):format(number, what) end
  table.sort(parts)
  print(protocol .. ": " .. table.concat(parts, ", "))
end
