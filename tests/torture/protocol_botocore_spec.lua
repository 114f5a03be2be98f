-- Random requests and replies of random operations of AWS's services, as lanyard and an installed botocore write and read
-- them. Headers, query strings and bodies are compared as servers read them.

local cbor = require "lanyard.protocol.cbor"
local crypto = require "lanyard.crypto"
local json = require "lanyard.json"
local model = require "lanyard.model"
local torture = require "torture"
local vectors = require "protocol_vectors"
local xml = require "lanyard.text.xml"

local CASES = torture.choose(60, 20000)
local ORACLE = "tests/torture/protocol_botocore_oracle.py"
local SHOWN = 3 -- differences

local PROTOCOLS = {
  json = require "lanyard.protocol.json",
  query = require "lanyard.protocol.query",
  ec2 = require "lanyard.protocol.ec2",
  ["rest-json"] = require "lanyard.protocol.rest_json",
  ["rest-xml"] = require "lanyard.protocol.rest_xml",
  ["smithy-rpc-v2-cbor"] = require "lanyard.protocol.rpc_v2_cbor",
}
local FLOATS = { NaN = 0 / 0, Infinity = math.huge, ["-Infinity"] = -math.huge }

-- Converts a value of the oracle.
local function value_of(value)
  if type(value) ~= "table" then
    return value
  elseif value.__blob then
    return crypto.base64_decode(value.__blob)
  elseif value.__float then
    return FLOATS[value.__float]
  end
  local copy = {}
  for name, item in pairs(value) do
    copy[name] = value_of(item)
  end
  return json.is_array(value) and json.array(copy) or copy
end

-- Returns the first difference of two values: a path and both values.
local function difference(ours, theirs, path)
  if type(ours) == "table" and type(theirs) == "table" then
    for name, value in pairs(theirs) do
      local found = difference(ours[name], value, path .. "." .. name)
      if found then return found end
    end
    for name, value in pairs(ours) do
      if theirs[name] == nil then return ("%s.%s: %s and nothing"):format(path, name, tostring(value)) end
    end
  elseif ours ~= theirs and not (ours == nil and theirs == "") then -- no payload is an empty one to botocore
    return ("%s: %s and %s"):format(path, tostring(ours), tostring(theirs))
  end
end

local function fields_of(text)
  local fields = {}
  for field in text:gmatch "[^&]+" do
    fields[#fields + 1] = field:gsub("^([^=]*)$", "%1="):gsub("(=%-?%d+)%.0$", "%1")
  end
  table.sort(fields)
  return fields
end

-- A body in a comparable form.
local function tree_of(protocol, text)
  if protocol == "smithy-rpc-v2-cbor" and text ~= "" then
    return vectors.comparable(cbor.plain(assert(cbor.decode(text))))
  elseif protocol == "query" or protocol == "ec2" then
    return fields_of(text)
  elseif protocol == "rest-xml" and text:find "^<" then
    return vectors.comparable_xml(assert(xml.parse(text)))
  end
  return text:find "^[%[{]" and vectors.comparable(json.decode(text)) or text
end

local function header_of(headers, name)
  for written, value in pairs(headers) do
    if written:lower() == name:lower() then return value end
  end
end

local function headers_differ(ours, theirs)
  for name, value in pairs(theirs) do
    local own = header_of(ours, name)
    if (own or "nothing"):gsub(", ", ","):gsub("; charset=utf%-8", "") ~= tostring(value):gsub(", ", ","):gsub("; charset=utf%-8", "") then
      return ("header %s: %s and %s"):format(name, own, value)
    end
  end
  for name, value in pairs(ours) do -- botocore leaves types out that AWS's protocol test cases have
    if not header_of(theirs, name) and name ~= "Content-Type" then
      return ("header %s: %s and nothing"):format(name, value)
    end
  end
end

local function requests_differ(case, request)
  local theirs = case.request
  local path, query = (theirs.path or "/"):match "^([^?]*)%??(.*)$"
  local own_path, own_query = request.target:match "^([^?]*)%??(.*)$"
  local prefix = theirs.host_prefix ~= json.null and theirs.host_prefix or nil
  return difference({ request.method, own_path, request.host_prefix }, { theirs.method, path, prefix }, "request")
    or difference(fields_of(own_query), fields_of(query .. "&" .. theirs.query), "query")
    or headers_differ(request.headers, theirs.headers)
    or difference(tree_of(case.protocol, request.body or ""), tree_of(case.protocol, crypto.base64_decode(theirs.body)), "body")
end

-- Returns the difference of a case | nil
local function check(case)
  local service = model.new { metadata = case.metadata, shapes = case.shapes, operations = { [case.operation.name] = case.operation } }
  local operation, protocol = service:operation(case.operation.name), PROTOCOLS[case.protocol]
  local request, message = protocol.encode(service, operation, value_of(case.params))
  if not request then return "not sent: " .. message end
  local found = requests_differ(case, request)
  if found or not case.reply then return found end
  local reply = { status = case.reply.status, headers = case.reply.headers, body = crypto.base64_decode(case.reply.body) }
  local output
  output, message = protocol.decode(service, operation, reply)
  return output and difference(vectors.comparable(output), vectors.comparable(value_of(case.result)), "result")
    or not output and "not read: " .. message or nil
end

local function run(seed)
  local pipe <close> = assert(io.popen(("python3 %s %d %d 2>&1"):format(ORACLE, CASES, seed)))
  local first = pipe:read "l"
  local start = first and json.decode(first)
  if type(start) ~= "table" or not start.version then
    return nil, first
  end
  local count, differences = 0, {}
  for line in pipe:lines() do
    local case, err = json.decode(line, { nul = true })
    assert(case, err and err.message .. line:sub(1, 300))
    count = count + 1
    local found = check(case)
    if found then
      differences[#differences + 1] = ("%s %s %s: %s"):format(case.protocol, case.service, case.operation.name, found)
    end
  end
  return count, differences
end

describe("requests and replies of AWS's services", function()
  it("equal what botocore writes and reads", function()
    local count, differences = run(torture.choose(4, os.time()))
    if not count then
      return pending("python3 has no botocore: " .. tostring(differences))
    end
    assert.equal("", table.concat(differences, "\n", 1, math.min(#differences, SHOWN)), ("%d of %d differ"):format(#differences, count))
    assert.is_true(count > CASES // 2)
    torture.report("operations compared with botocore", count)
  end)
end)
