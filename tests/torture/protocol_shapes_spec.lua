-- Random values of random shapes are written and read back, in JSON and in CBOR. Random bytes, and bytes of valid replies
-- that are changed, are read or rejected with one line; nothing else happens.

local cbor = require "lanyard.protocol.cbor"
local json = require "lanyard.json"
local model = require "lanyard.model"
local torture = require "torture"

local ROUNDS = torture.choose(1500, 20000)
local random = math.random

local PROTOCOLS = {
  json = require "lanyard.protocol.json",
  ["rest-json"] = require "lanyard.protocol.rest_json",
  ["smithy-rpc-v2-cbor"] = require "lanyard.protocol.rpc_v2_cbor",
  ["rest-xml"] = require "lanyard.protocol.rest_xml",
}
local METADATA = { targetPrefix = "T", jsonVersion = "1.1" }
local HEADERS = { ["smithy-protocol"] = "rpc-v2-cbor" }

local SCALARS = { "string", "integer", "long", "float", "double", "boolean", "blob", "timestamp" }

local function text()
  local characters = {}
  for i = 1, random(0, 8) do
    characters[i] = utf8.char(({ random(32, 126), random(160, 2000), random(0x10000, 0x10ffff), 34, 92, 9, 10 })[random(7)])
  end
  return table.concat(characters)
end

local function bytes(limit)
  local parts = {}
  for i = 1, random(0, limit) do
    parts[i] = string.char(random(0, 255))
  end
  return table.concat(parts)
end

local function any_integer()
  return random(2) == 1 and random(-300, 300) or random(0) >> random(0, 63) * (random(2) * 2 - 3)
end

local function any_float()
  local value = string.unpack("d", string.pack("i8", random(0)))
  return value ~= value and 0.0 or ({ value, random(-1000, 1000) / 8, math.huge, -math.huge, random(100) + 0.0 })[random(5)]
end

local VALUES = {
  string = text, integer = any_integer, long = any_integer, float = any_float, double = any_float,
  boolean = function() return random(2) == 1 end,
  blob = function() return bytes(20) end,
  timestamp = function() return random(4) == 1 and random(-10 ^ 9 // 1, 2 * 10 ^ 9 // 1) / 4 or random(-62167219200, 253402300799) end,
}

-- Adds a shape of random type to a table of shapes. Returns its name.
local function add_shape(shapes, count, depth)
  local name = "S" .. #count
  count[#count + 1] = name
  local kind = depth > 0 and random(5) or 0
  if kind == 1 or kind == 2 then
    local members = {}
    for i = 1, random(0, 4) do
      members["m" .. i] = { shape = add_shape(shapes, count, depth - 1), locationName = random(3) == 1 and "wire" .. i or nil }
    end
    shapes[name] = { type = "structure", members = members }
  elseif kind == 3 then
    shapes[name] = { type = "list", member = { shape = add_shape(shapes, count, depth - 1) } }
  elseif kind == 4 then
    shapes.Key = { type = "string" }
    shapes[name] = { type = "map", key = { shape = "Key" }, value = { shape = add_shape(shapes, count, depth - 1) } }
  else
    local scalar = SCALARS[random(#SCALARS)]
    local formats = { "iso8601", "unixTimestamp" }
    shapes[name] = { type = scalar, timestampFormat = scalar == "timestamp" and formats[random(3)] or nil }
  end
  return name
end

-- Returns a random value of a shape. sparse: lists and maps can have null, for which XML has no form.
local function value_of(shape, sparse)
  local value = {}
  if shape.type == "structure" then
    for _, member in ipairs(shape.members) do
      if random(3) > 1 then value[member.member] = value_of(member, sparse) end
    end
  elseif shape.type == "list" then
    for i = 1, random(0, 4) do value[i] = sparse and random(8) == 1 and json.null or value_of(shape.item, sparse) end
  elseif shape.type == "map" then
    for _ = 1, random(0, 4) do value[text()] = sparse and random(8) == 1 and json.null or value_of(shape.value, sparse) end
  else
    return VALUES[shape.type]()
  end
  return value
end

local function service_of(protocol)
  local shapes, count = { Input = { type = "structure", members = {} } }, { "Input" }
  for i = 1, random(1, 5) do
    shapes.Input.members["top" .. i] = { shape = add_shape(shapes, count, 4) }
  end
  METADATA.protocol = protocol
  local service = model.new { metadata = METADATA, shapes = shapes, operations = {
    Do = { name = "Do", input = { shape = "Input" }, output = { shape = "Input" }, errors = { { shape = "Input" } } },
  } }
  return service, service:operation "Do"
end

-- Changes some bytes of a text.
local function damage(body)
  for _ = 1, random(1, 3) do
    local at = random(0, #body)
    body = body:sub(1, at) .. ({ "", bytes(3), body:sub(random(1, #body + 1)), "\xff", "{", "]", '"' })[random(7)] .. body:sub(at + random(1, 3))
  end
  return body
end

local function is_one_line(message)
  return type(message) == "string" and not message:find "[\n\r]" and not message:find "%.lua:%d" and not message:find "attempt to"
end

local function read_damaged(protocol, service, operation, body)
  local reply = { status = 200, headers = HEADERS, body = body }
  local output, message = protocol.decode(service, operation, reply)
  assert(type(output) == "table" and message == nil or is_one_line(message), message)
  local err = protocol.decode_error(service, operation, reply)
  assert(type(err.members) == "table")
  return output ~= nil
end

describe("random values of random shapes", function()
  for name, protocol in pairs(PROTOCOLS) do
    it("are read back from " .. name .. ", and damaged replies are read or rejected", function()
      math.randomseed(7)
      local accepted = 0
      for _ = 1, ROUNDS do
        local service, operation = service_of(name)
        local input = value_of(operation.input, name ~= "rest-xml")
        local request = assert(protocol.encode(service, operation, input))
        local output = assert(protocol.decode(service, operation, { status = 200, headers = HEADERS, body = request.body or "" }))
        assert.same(input, output)
        accepted = accepted + (read_damaged(protocol, service, operation, damage(request.body or "")) and 1 or 0)
        assert.is_table(protocol.decode_error(service, operation, { status = 500, headers = HEADERS, body = request.body or "" }))
      end
      torture.report(name .. " by shapes", ROUNDS)
      assert.is_true(accepted < ROUNDS)
    end)
  end

  it("are read back from the replies of Query and EC2, and damaged ones are read or rejected", function()
    math.randomseed(9)
    local rest_xml = PROTOCOLS["rest-xml"]
    local query, ec2 = require "lanyard.protocol.query", require "lanyard.protocol.ec2"
    for _ = 1, ROUNDS // 2 do
      local service, operation = service_of "query"
      local input = value_of(operation.input, false)
      local members = (assert(rest_xml.encode(service, operation, input)).body or ""):match "^<Input>(.*)</Input>$" or ""
      local plain = ("<DoResponse>%s</DoResponse>"):format(members)
      local wrapped = ("<DoResponse><DoResult>%s</DoResult></DoResponse>"):format(members)
      operation.output = operation.input
      assert.same(input, assert(ec2.decode(service, operation, { status = 200, headers = {}, body = plain })))
      assert.same(input, assert(query.decode(service, operation, { status = 200, headers = {}, body = wrapped })))
      read_damaged(ec2, service, operation, damage(plain))
      read_damaged(query, service, operation, damage(wrapped))
    end
    torture.report("Query and EC2 by shapes", ROUNDS // 2)
  end)

  it("are random bytes to CBOR, which it reads, or rejects with one line", function()
    math.randomseed(11)
    local read = 0
    for _ = 1, 20 * ROUNDS do
      local value, message = cbor.decode(bytes(24))
      if message then
        assert(is_one_line(message), message)
      else
        read = read + 1
        local again = cbor.encode(value)
        assert.equal(again, cbor.encode(cbor.decode(again)))
        cbor.plain(value)
      end
    end
    assert.is_true(read > ROUNDS // 10)
    torture.report("random bytes read as CBOR", 20 * ROUNDS)
  end)
end)
