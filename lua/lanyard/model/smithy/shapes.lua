--- Shapes of Smithy as shapes of botocore.
---
---     local converter = shapes.converter(ast.shapes, order, metadata)
---     converter:reference("com.amazonaws.ecr#ListTagsRequest")   --> { shape = "ListTagsRequest" }
---     converter.shapes                                           --> what references name
---
--- https://smithy.io/2.0/spec/ and https://smithy.io/2.0/aws/ describe the traits.

local json = require "lanyard.json"

local M = {}

-- botocore's types of Smithy's simple types.
local SIMPLE = {
  string = "string", enum = "string", blob = "blob", boolean = "boolean", byte = "integer", short = "integer",
  integer = "integer", intEnum = "integer", long = "long", bigInteger = "long", float = "float", double = "double",
  bigDecimal = "double", timestamp = "timestamp", document = "document",
}

-- Shapes of Smithy's prelude, by their names.
local PRELUDE = {
  String = "string", Blob = "blob", Boolean = "boolean", PrimitiveBoolean = "boolean", Byte = "integer",
  PrimitiveByte = "integer", Short = "integer", PrimitiveShort = "integer", Integer = "integer",
  PrimitiveInteger = "integer", Long = "long", PrimitiveLong = "long", BigInteger = "long", Float = "float",
  PrimitiveFloat = "float", Double = "double", PrimitiveDouble = "double", BigDecimal = "double",
  Timestamp = "timestamp", Document = "document", Unit = "unit",
}

local TIMESTAMPS = { ["date-time"] = "iso8601", ["epoch-seconds"] = "unixTimestamp", ["http-date"] = "rfc822" }

local function fail(format, ...)
  error({ problem = format:format(...) }, 0)
end

---@class model.smithy.Converter
---@field ast table<string, table>      shapes of the file, by id
---@field shapes table<string, table>   botocore's shapes that references name
---@field order table                   the order of names of each object
---@field metadata table
---@field xml_namespace? string
---@field is_rest boolean               members have places in HTTP messages
---@field is_json boolean               names on the wire are JSON's, not XML's
local Converter = {}
Converter.__index = Converter

-- Traits with one meaning everywhere: on a shape, and on a member, where they are more important.
local function add_common(result, traits)
  local length, range = traits["smithy.api#length"], traits["smithy.api#range"]
  local limits = length or range
  if limits then
    result.min, result.max = limits.min, limits.max
  end
  result.pattern = traits["smithy.api#pattern"] or result.pattern
  local format = traits["smithy.api#timestampFormat"]
  result.timestampFormat = format and TIMESTAMPS[format] or result.timestampFormat
  for trait, name in pairs {
    ["smithy.api#sensitive"] = "sensitive", ["smithy.api#deprecated"] = "deprecated", ["smithy.api#sparse"] = "sparse",
    ["smithy.api#requiresLength"] = "requiresLength", ["smithy.api#xmlAttribute"] = "xmlAttribute",
    ["smithy.api#xmlFlattened"] = "flattened", ["smithy.api#idempotencyToken"] = "idempotencyToken",
    ["smithy.api#hostLabel"] = "hostLabel", ["smithy.api#eventHeader"] = "eventheader",
    ["smithy.api#eventPayload"] = "eventpayload",
  } do
    if traits[trait] then
      result[name] = true
    end
  end
  local namespace = traits["smithy.api#xmlNamespace"]
  if namespace then
    result.xmlNamespace = { uri = namespace.uri, prefix = namespace.prefix }
  end
  result.contextParam = traits["smithy.rules#contextParam"] or result.contextParam
end

-- Where a member is in an HTTP message. Smithy ignores the parts of a URI in replies.
local function add_location(result, traits, member, is_output)
  local header, query, prefix = traits["smithy.api#httpHeader"], traits["smithy.api#httpQuery"],
    traits["smithy.api#httpPrefixHeaders"]
  if header then
    result.location, result.locationName = "header", header
  elseif traits["smithy.api#httpResponseCode"] then
    result.location = "statusCode"
  elseif is_output and not prefix then
    return
  elseif query then
    result.location, result.locationName = "querystring", query
  elseif prefix then
    result.location, result.locationName = "headers", prefix
  elseif traits["smithy.api#httpLabel"] then
    result.location, result.locationName = "uri", member
  elseif traits["smithy.api#httpQueryParams"] then
    result.location = "querystring" -- each entry of the map is a parameter
  end
end

local function local_name(id)
  return id:match "#([^$]+)" or id
end

-- Returns the name of the shape of an id, which is converted when it is first used.
function Converter:name_of(id)
  if type(id) ~= "string" then
    fail "a target is not the id of a shape"
  end
  local simple = not self.ast[id] and PRELUDE[id:match "^smithy%.api#(%w+)$" or ""]
  local name = simple and "_" .. simple or local_name(id)
  if not self.shapes[name] then
    self.shapes[name] = {}
    local shape = simple and { type = simple } or self.ast[id] or fail("the shape %s does not exist", id)
    self:fill(name, self.shapes[name], shape)
  end
  return name
end

--- Returns a reference to a shape.
---@param id string
---@return table reference
function Converter:reference(id)
  return { shape = self:name_of(id) }
end

-- The list or map of a flattened member, without the names of its items: Smithy ignores them, and botocore does not.
function Converter:without_item_names(name)
  local shape = self.shapes[name]
  if shape.type ~= "list" or not (shape.member and shape.member.locationName) then
    return name
  end
  local plain = name .. "Flattened"
  if not self.shapes[plain] then
    local copy, item = {}, {}
    for trait, value in pairs(shape) do
      copy[trait] = value
    end
    for trait, value in pairs(shape.member) do
      item[trait] = trait ~= "locationName" and value or nil
    end
    copy.member = item
    self.shapes[plain] = copy
  end
  return plain
end

local function is_json_text(traits)
  return traits["smithy.api#mediaType"] == "application/json"
end

-- Returns the reference of a member of a structure, list or map.
function Converter:member(name, member, is_output)
  if type(member) ~= "table" then
    fail("the member %s is not an object", name)
  end
  local traits = member.traits or {}
  local reference = self:reference(member.target)
  local wire
  if self.is_json then
    wire = traits["smithy.api#jsonName"]
  else
    wire = traits["smithy.api#xmlName"]
  end
  reference.locationName = wire
  reference.queryName = self.metadata.protocol == "ec2" and traits["aws.protocols#ec2QueryName"] or nil
  add_common(reference, traits)
  if self.is_rest then
    add_location(reference, traits, name, is_output)
  end
  if is_json_text((self.ast[member.target] or {}).traits or {}) then
    reference.jsonvalue = true
  end
  if reference.flattened then
    reference.shape = self:without_item_names(reference.shape)
  end
  return reference
end

-- The payload of an HTTP message: its root element in XML is the shape's.
function Converter:add_payload(result, name, member)
  result.payload = name
  local target = self.ast[member.target] or {}
  if self.metadata.protocol == "rest-xml" and (target.type == "structure" or target.type == "union") then
    local reference = result.members[name]
    reference.locationName = reference.locationName or (target.traits or {})["smithy.api#xmlName"]
      or local_name(member.target)
    reference.xmlNamespace = reference.xmlNamespace or self:namespace()
  end
end

--- Returns the XML namespace of the service as a trait of a reference.
---@return table? namespace
function Converter:namespace()
  return self.xml_namespace and { uri = self.xml_namespace } or nil
end

local function add_error(result, traits)
  local kind = traits["smithy.api#error"]
  if not kind then
    return
  end
  local query = traits["aws.protocols#awsQueryError"] or {}
  result.exception = true
  result.error = {
    code = query.code, httpStatusCode = query.httpResponseCode or traits["smithy.api#httpError"],
    senderFault = kind == "client" or nil,
  }
  result.fault = kind == "server" or nil
  local retryable = traits["smithy.api#retryable"]
  result.retryable = retryable and { throttling = retryable.throttling or false }
end

function Converter:fill_structure(result, shape, traits)
  local members, required = {}, json.array {}
  result.type, result.members = "structure", members
  for member, value in pairs(shape.members or {}) do
    members[member] = self:member(member, value, traits["smithy.api#output"] ~= nil)
    local own = value.traits or {}
    if own["smithy.api#required"] then
      required[#required + 1] = member
    end
    if self.is_rest and own["smithy.api#httpPayload"] then
      self:add_payload(result, member, value)
    end
  end
  self.order[members] = self.order[shape.members or {}]
  result.required = required[1] and required or nil
  if shape.type == "union" then
    local is_stream = traits["smithy.api#streaming"] ~= nil
    result.union, result.eventstream = not is_stream or nil, is_stream or nil
    self:mark_events(is_stream and members or {})
  end
  add_error(result, traits)
end

-- The members of an event stream are events, or exceptions.
function Converter:mark_events(members)
  for _, reference in pairs(members) do
    local shape = self.shapes[reference.shape]
    shape.event = not shape.exception or nil
  end
end

-- The values of an enumeration, of Smithy 2 or 1.
local function values_of(shape, traits, order)
  local values = json.array {}
  for _, member in ipairs(shape.type == "enum" and order[shape.members or {}] or {}) do
    table.insert(values, (shape.members[member].traits or {})["smithy.api#enumValue"] or member)
  end
  for _, entry in ipairs(traits["smithy.api#enum"] or {}) do
    table.insert(values, entry.value)
  end
  return values[1] and values
end

-- Converts a shape. What it names can name the shape itself.
function Converter:fill(name, result, shape)
  local traits = shape.traits or {}
  local kind = shape.type
  if kind == "structure" or kind == "union" then
    self:fill_structure(result, shape, traits)
  elseif kind == "list" or kind == "set" then
    result.type, result.member = "list", self:member("member", shape.member)
  elseif kind == "map" then
    result.type = "map"
    result.key, result.value = self:member("key", shape.key), self:member("value", shape.value)
  elseif kind == "unit" then
    result.type, result.members = "structure", {}
  elseif SIMPLE[kind] == "document" then
    result.type, result.members, result.document = "structure", {}, true
  else
    result.type = SIMPLE[kind] or fail("the shape %s has the type '%s', which is unknown", name, tostring(kind))
    result.enum = values_of(shape, traits, self.order)
  end
  add_common(result, traits)
  if kind == "blob" and traits["smithy.api#streaming"] then
    result.streaming = true
  end
end

--- Returns a converter of the shapes of a file.
---@param ast table<string, table>
---@param order table  the order of names of each object of the file
---@param metadata table
---@param xml_namespace? string  of the service
---@return model.smithy.Converter
function M.converter(ast, order, metadata, xml_namespace)
  return setmetatable({
    ast = ast, shapes = {}, order = order, metadata = metadata, xml_namespace = xml_namespace,
    is_json = metadata.protocol == "json" or metadata.protocol == "rest-json",
    is_rest = metadata.protocol:find "^rest" ~= nil,
  }, Converter)
end

return M
