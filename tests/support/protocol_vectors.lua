-- Runs AWS's protocol test cases: what each protocol sends for an input, and reads from a reply. Requests are compared as
-- servers read them: the order of the query string and of names in bodies does not matter.
-- https://smithy.io/2.0/additional-specs/http-protocol-compliance-tests.html

local assert = require "luassert"
local cbor = require "lanyard.protocol.cbor"
local crypto = require "lanyard.crypto"
local helper = require "helper"
local json = require "lanyard.json"
local model = require "lanyard.model"
local payload = require "lanyard.aws.payload"
local xml = require "lanyard.text.xml"

local M = {}

M.TOKEN = "00000000-0000-4000-8000-000000000000"

local FLOATS = { NaN = 0 / 0, Infinity = math.huge, ["-Infinity"] = -math.huge }

-- Returns all suites of a file of the folder "input" or "output", or nil without the vectors.
function M.suites(folder, name)
  local path = ("%s/protocols/%s/%s.json"):format(helper.vectors, folder, name)
  return helper.exists(path) and assert(json.decode(helper.read(path))) or nil
end

-- Converts a value of a case to the form that scripts use. The cases write floats that are not finite as texts.
function M.value(shape, value)
  if not shape or value == json.null or shape.document then
    return value
  elseif shape.type == "float" or shape.type == "double" then
    return FLOATS[value] or value
  elseif shape.jsonvalue and shape.location == "header" then
    return assert(json.decode(value)) -- the cases have the text of a value
  elseif type(value) ~= "table" or shape.jsonvalue then
    return value
  end
  local converted = {}
  for name, item in pairs(value) do
    local member = shape.type == "structure" and shape.by_name[name] or shape.item or shape.value
    converted[name] = M.value(member, item)
  end
  return json.is_array(value) and json.array(converted) or converted
end

-- Makes values comparable: NaN is not equal to itself, and the mark of lists does not count.
function M.comparable(value)
  if value ~= value then
    return "NaN"
  elseif type(value) ~= "table" then
    return math.type(value) and value + 0.0 or value
  end
  local copy = {}
  for name, item in pairs(value) do
    copy[name] = M.comparable(item)
  end
  return copy
end

local function service_of(suite, case)
  local given = case.given
  local service = model.new {
    metadata = suite.metadata, shapes = suite.shapes, operations = { [given.name] = given },
  }
  return service, service:operation(given.name)
end

-- The client fills idempotency tokens.
local function add_tokens(shape, input)
  for _, member in ipairs(shape and shape.members or {}) do
    if member.idempotencyToken and input[member.member] == nil then
      input[member.member] = M.TOKEN
    end
  end
end

local function fields_of(query)
  local fields = {}
  for field in query:gmatch "[^&]+" do
    fields[#fields + 1] = field
  end
  table.sort(fields)
  return fields
end

local function header_of(headers, name)
  for written, value in pairs(headers) do
    if written:lower() == name:lower() then
      return value
    end
  end
end

-- Some services put spaces after the commas of a list, some do not: both are the same list.
local function without_spaces(text)
  return text and text:gsub(", ", ",") or nil
end

local function check_headers(request, expected)
  for name, value in pairs(expected.headers or {}) do
    assert.equal(without_spaces(value), without_spaces(header_of(request.headers, name)), name)
  end
  for _, name in ipairs(expected.forbidHeaders or {}) do
    local value = header_of(request.headers, name)
    assert.is_true(value == nil and (name ~= "Content-Length" or not request.body), name)
  end
  for _, name in ipairs(expected.requireHeaders or {}) do -- curl adds the length of the body
    assert.is_true(name == "Content-Length" and request.body ~= nil or header_of(request.headers, name) ~= nil, name)
  end
end

local BODIES = {}

function BODIES.cbor(expected, body)
  local function tree_of(text)
    return M.comparable(cbor.plain(assert(cbor.decode(text))))
  end
  assert.same(tree_of(crypto.base64_decode(expected)), tree_of(body))
end

function BODIES.json(expected, body)
  assert.same(M.comparable(assert(json.decode(expected))), M.comparable(assert(json.decode(body))))
end

function BODIES.urlencoded(expected, body)
  assert.same(fields_of(expected), fields_of(body))
end

-- An element in a form whose order and white space do not matter.
function M.comparable_xml(element)
  local children = {}
  for i, child in ipairs(element) do
    children[i] = M.comparable_xml(child)
  end
  table.sort(children)
  local attributes = {}
  for name, value in pairs(element.attributes or {}) do
    attributes[#attributes + 1] = ("%s=%q"):format(name, value)
  end
  table.sort(attributes)
  return ("<%s %s>%s%s"):format(element.name, table.concat(attributes, " "), #element == 0 and element.text or "",
    table.concat(children, "\n"))
end

function BODIES.xml(expected, body)
  assert.equal(M.comparable_xml(assert(xml.parse(expected))), M.comparable_xml(assert(xml.parse(body))))
end

M.BODIES = BODIES -- a protocol with another media type adds how its bodies are compared

local function check_body(request, expected)
  local body = request.body or ""
  local content_type = header_of(request.headers, "Content-Type") or ""
  local media = content_type:find "json" and "json" or content_type:match "[^/+-]*$"
  if expected.body == nil then
    return
  elseif expected.body == "" or body == "" then
    assert.equal(expected.body, body)
  elseif BODIES[media] and expected.body ~= body then
    BODIES[media](expected.body, body)
  else
    assert.equal(expected.body, body)
  end
end

-- Compresses the body and adds its checksum, as the client does.
local function complete(service, operation, input, request)
  local traits = operation.traits
  if not traits.requestcompression and not traits.httpChecksumRequired and not traits.httpChecksum then
    return
  end
  local plan = {
    service = service, operation = operation, input = input, options = {}, url = "https://example.com" .. request.target,
    method = request.method, headers = request.headers, body = request.body, auth = { kind = "none" },
  }
  assert(payload.prepare({ session = {} }, plan))
  request.body, request.headers = plan.body, plan.headers
end

-- Checks the request of a case.
function M.check_input(protocol, suite, case)
  local service, operation = service_of(suite, case)
  local input = M.value(operation.input, case.params)
  add_tokens(operation.input, input)
  local request, message = protocol.encode(service, operation, input)
  assert(request, message)
  complete(service, operation, input, request)
  local expected = case.serialized
  local host, base = (suite.clientEndpoint or "https://example.com"):match "^https://([^/]+)(.*)$"
  if expected.host then
    assert.equal(expected.host:match "^[^/]*", (request.host_prefix or "") .. host)
  end
  assert.equal(expected.method or "POST", request.method)
  local path, query = (base .. request.target):match "^([^?]*)%??(.*)$"
  local expected_path, expected_query = (expected.uri or "/"):match "^([^?]*)%??(.*)$"
  assert.equal(expected_path, path)
  assert.same(fields_of(expected_query), fields_of(query))
  check_headers(request, expected)
  check_body(request, expected)
end

local function reply_of(suite, case)
  local headers = {}
  for name, value in pairs(case.response.headers or {}) do
    headers[name:lower()] = value
  end
  local body = case.response.body or ""
  if suite.metadata.protocol == "smithy-rpc-v2-cbor" then
    body = crypto.base64_decode(body)
  end
  return { status = case.response.status_code, headers = headers, body = body }
end

local function check_error(protocol, suite, case)
  local service, operation = service_of(suite, case)
  local err = protocol.decode_error(service, operation, reply_of(suite, case))
  assert.equal(case.errorCode, err.code)
  if case.errorMessage then -- some cases have a message in the body and say nothing about it
    assert.equal(case.errorMessage, err.message)
  end
  for _, shape in ipairs(operation.errors) do
    if shape.name == case.errorCode or shape.error and shape.error.code == case.errorCode then
      assert.same(M.comparable(M.value(shape, case.error)), M.comparable(err.members))
    end
  end
end

-- Checks what is read from the reply of a case.
function M.check_output(protocol, suite, case)
  if case.error then
    return check_error(protocol, suite, case)
  end
  local service, operation = service_of(suite, case)
  local output, message = protocol.decode(service, operation, reply_of(suite, case))
  assert(output, message)
  assert.same(M.comparable(M.value(operation.output, case.result)), M.comparable(output))
end

return M
